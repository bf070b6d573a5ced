//! How much of the log somebody has not applied yet: for status and metrics, not for correctness.

use daybook_core::ids::Position;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::LogReader;
use crate::error::ReadError;

/// Events looked at, at most. Up to here counts are exact; what lies beyond is estimated.
const LOOK_MAX: i64 = 100_000;

/// Events of one partition after what somebody has applied.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Backlog {
    /// How many. Exact where all partitions that lack some stand at one position and lack none beyond the next 100,000
    /// events; those at other positions share the look. Beyond it the same share of the events is taken to be among them.
    pub events: i64,
    /// How long ago the oldest was recorded, in seconds by the database's clock; zero when there is none. Where it lies
    /// beyond the look: at most this.
    pub oldest_age_seconds: f64,
}

impl LogReader {
    /// The backlog, in each partition, of somebody who has applied each up to a position: `applied[p]` for partition p.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn backlog(&self, applied: &[Position]) -> Result<Vec<Backlog>, ReadError> {
        let positions: Vec<i64> = applied.iter().map(|position| position.get()).collect();
        let rows = sqlx::query(include_str!("../queries/read_backlog.sql"))
            .bind(positions)
            .bind(LOOK_MAX)
            .fetch_all(&self.pool)
            .await?;
        let mut backlogs = vec![Backlog::default(); applied.len()];
        for row in rows {
            let partition: i32 = row.try_get("partition")?;
            let place = usize::try_from(partition).ok().and_then(|p| backlogs.get_mut(p));
            if let Some(place) = place {
                *place = backlog(&row)?;
            }
        }
        Ok(backlogs)
    }
}

fn backlog(row: &PgRow) -> Result<Backlog, sqlx::Error> {
    let (looked_at, found): (i64, i64) = (row.try_get("looked_at")?, row.try_get("found")?);
    let beyond: i64 = row.try_get("beyond")?;
    Ok(Backlog {
        events: found.saturating_add(share(beyond, found, looked_at)),
        oldest_age_seconds: row.try_get("oldest_age_seconds")?,
    })
}

/// `of × part / whole`, zero of nothing.
fn share(of: i64, part: i64, whole: i64) -> i64 {
    let share = (i128::from(of) * i128::from(part)).checked_div(i128::from(whole));
    i64::try_from(share.unwrap_or(0)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beyond_the_look_is_estimated_by_its_share() {
        assert_eq!(share(0, 7, 16), 0);
        assert_eq!(share(160, 7, 16), 70);
        assert_eq!(share(160, 0, 0), 0);
        assert_eq!(share(i64::MAX, 16, 16), i64::MAX);
    }
}
