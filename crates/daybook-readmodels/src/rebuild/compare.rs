//! Two generations of a read model, row by row.

use daybook_core::partition::Partition;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::RebuildError;
use super::build::Build;

/// Differences that are told; the others are counted.
const TOLD_MAX: i64 = 20;

/// Columns that may hold personal texts, where no keys are set up even in the clear, or what tells of them.
const PERSONAL: [&str; 6] = ["owner", "reason", "words", "counterparty", "steps", "ip"];

/// A row that the live generation and the new one do not have alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table of the new generation.
    pub table: String,
    /// The table of the live generation.
    pub live_table: String,
    /// The row's primary key, as JSON.
    pub key: String,
    /// What is different about it.
    pub what: Mismatch,
    /// The event that the row tells of, where it is one event's row.
    pub position: Option<i64>,
    /// The row of the live generation, where there is one, without what may be personal.
    pub live: Option<Value>,
    /// The row of the new one, likewise.
    pub built: Option<Value>,
}

/// How a row differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// Only the live generation has it.
    OnlyLive,
    /// Only the new one has it.
    OnlyNew,
    /// Both have it, and it differs in these columns.
    Columns(Vec<String>),
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) differences: Vec<Difference>,
    pub(super) total: i64,
}

/// Compares all tables of a build with those of the live generation, in one snapshot.
pub(super) async fn generations<E>(
    snapshot: &mut PgConnection,
    build: &Build<E>,
) -> Result<Comparison, RebuildError> {
    let (live, built) = (build.tables().names(build.live), build.tables().names(build.generation));
    let number = |partition: &Partition| i16::try_from(partition.0).unwrap_or(i16::MAX);
    let partitions: Option<Vec<i16>> =
        build.partitions.as_ref().map(|filled| filled.iter().map(number).collect());
    let mut comparison = Comparison::default();
    for (live_table, built) in live.iter().zip(built) {
        let sql = comparing(snapshot, live_table, &built).await?;
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(TOLD_MAX)
            .bind(&partitions)
            .fetch_all(&mut *snapshot)
            .await?;
        if let Some(first) = rows.first() {
            comparison.total += first.try_get::<i64, _>("differences")?;
        }
        for row in rows {
            let (live, new): (Option<Value>, Option<Value>) =
                (row.try_get("live")?, row.try_get("built")?);
            let what = what(live.as_ref(), new.as_ref());
            let position =
                [&new, &live].into_iter().flatten().find_map(|row| row["position"].as_i64());
            comparison.differences.push(Difference {
                table: built.clone(),
                live_table: live_table.clone(),
                key: row.try_get("key")?,
                what,
                position,
                live: live.map(told),
                built: new.map(told),
            });
        }
    }
    Ok(comparison)
}

/// The statement, with the names put in: they are ours, and the catalogue's.
async fn comparing(
    connection: &mut PgConnection,
    live: &str,
    built: &str,
) -> Result<String, sqlx::Error> {
    let columns: Vec<String> = sqlx::query_scalar(include_str!("queries/read_key_columns.sql"))
        .bind(live)
        .fetch_all(connection)
        .await?;
    let pairs: Vec<_> = columns.iter().map(|column| format!("'{column}', {column}")).collect();
    Ok(include_str!("queries/compare.sql")
        .replace("{live}", live)
        .replace("{built}", built)
        .replace("{key}", &columns.join(", "))
        .replace("{key_json}", &format!("jsonb_build_object({})", pairs.join(", "))))
}

/// A row as it may be shown.
fn told(mut row: Value) -> Value {
    if let Some(columns) = row.as_object_mut() {
        PERSONAL.iter().for_each(|column| drop(columns.remove(*column)));
    }
    row
}

fn what(live: Option<&Value>, new: Option<&Value>) -> Mismatch {
    match (live, new) {
        (Some(_), None) => Mismatch::OnlyLive,
        (None, _) => Mismatch::OnlyNew,
        (Some(live), Some(new)) => {
            let columns = live.as_object().into_iter().flat_map(|columns| columns.keys());
            let differ = |column: &&String| live.get(column.as_str()) != new.get(column.as_str());
            Mismatch::Columns(columns.filter(differ).cloned().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_columns_that_differ_are_named_and_personal_values_are_not_told() {
        let (one, other) = (
            json!({"id": 1, "balance": 5, "owner": "A"}),
            json!({"id": 1, "balance": 6, "owner": "B"}),
        );
        let columns = ["balance", "owner"].map(str::to_owned).to_vec();
        assert_eq!(what(Some(&one), Some(&other)), Mismatch::Columns(columns));
        assert_eq!(told(one.clone()), json!({"id": 1, "balance": 5}));
        assert_eq!(what(Some(&one), None), Mismatch::OnlyLive);
        assert_eq!(what(None, Some(&one)), Mismatch::OnlyNew);
    }
}
