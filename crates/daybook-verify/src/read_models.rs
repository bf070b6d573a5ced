//! Read models (G7): each against a new fold of the log, by the code that a rebuild uses; see `daybook_readmodels::rebuild`,
//! whose `check` says why.

use std::sync::Arc;

use daybook_core::event::EventPayload;
use daybook_core::partition::Partition;
use daybook_readmodels::projection::{Generation, Projection};
use daybook_readmodels::rebuild::{
    self, Checked, Difference, Misfiled, Mismatch, RebuildError, Rebuilder, Verdict,
};
use serde_json::Value;

use crate::finding::{Findings, Place};
use crate::progress::Watch;
use crate::verify::{Sample, VerifyError};

/// What became of one read model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadModel {
    /// The projection that fills it.
    pub projection: &'static str,
    /// Its generation, where it was looked at.
    pub generation: Option<Generation>,
    /// Why it was not compared; `None`: it was.
    pub not_compared: Option<String>,
}

/// Those whose read models are checked.
pub type Projections<E> = Vec<Arc<dyn Projection<E>>>;

/// Checks all read models, from one reading of the log; where one cannot be folded, one after the other.
pub(crate) async fn check<E: EventPayload>(
    (rebuilder, all): &(Rebuilder, Projections<E>),
    sample: &Sample,
    findings: &mut Findings,
    watch: &Watch,
) -> Result<Vec<ReadModel>, VerifyError> {
    let mut read_models = misfiled(rebuilder, all, findings).await?;
    let mut all = all.clone();
    all.retain(|one| read_models.iter().all(|model: &ReadModel| model.projection != one.name()));
    if all.is_empty() {
        return Ok(read_models);
    }
    if let Ok(checked) = fold(rebuilder, &all, sample.partitions(), watch).await? {
        read_models.extend(checked.into_iter().map(|checked| note(checked, findings)));
        return Ok(read_models);
    }
    for projection in all {
        let (name, one) = (projection.name(), vec![Arc::clone(&projection)]);
        match fold(rebuilder, &one, sample.partitions(), watch).await? {
            Ok(checked) => {
                read_models.extend(checked.into_iter().map(|checked| note(checked, findings)));
            }
            Err(why) => {
                let place = match why.position {
                    Some(position) => Place::row("read model", name).at(position),
                    None => Place::row("read model", name),
                };
                findings.add("read-model", place, "fold of the log", "possible", &why.text);
                let not_compared = Some(why.text);
                read_models.push(ReadModel { projection: name, generation: None, not_compared });
            }
        }
    }
    Ok(read_models)
}

/// Those of which the database contradicts itself. They are not compared: it is not certain with what.
async fn misfiled<E: EventPayload>(
    rebuilder: &Rebuilder,
    all: &Projections<E>,
    findings: &mut Findings,
) -> Result<Vec<ReadModel>, VerifyError> {
    let misfiled = rebuilder.misfiled(all).await?;
    for Misfiled { row, field, expected, found, .. } in &misfiled {
        let place = Place { row: Some(row.clone()), ..Place::default() };
        findings.add("read-model", place, field, expected, found);
    }
    let is_misfiled =
        |name: &&'static str| misfiled.iter().any(|misfiled| misfiled.projection == *name);
    let names = all.iter().map(|projection| projection.name()).filter(is_misfiled);
    Ok(names
        .map(|projection| ReadModel {
            projection,
            generation: None,
            not_compared: Some("what is said of its generation or checkpoints is wrong".to_owned()),
        })
        .collect())
}

/// Why a read model cannot be folded from the log.
struct Unfoldable {
    position: Option<i64>,
    text: String,
}

async fn fold<E: EventPayload>(
    rebuilder: &Rebuilder,
    projections: &Projections<E>,
    partitions: Option<&[Partition]>,
    watch: &Watch,
) -> Result<Result<Vec<Checked>, Unfoldable>, VerifyError> {
    let (inner, progress) = rebuild::Watch::new();
    let checking = rebuilder.check(projections, partitions, &inner);
    let checked = tokio::select! {
        checked = checking => checked,
        () = follow(progress, watch) => unreachable!("the sender lives as long as the check"),
    };
    Ok(match checked {
        Ok(checked) => Ok(checked),
        Err(error) => match unfoldable(&error) {
            Some(why) => Err(why),
            None => return Err(error.into()),
        },
    })
}

async fn follow(mut progress: tokio::sync::watch::Receiver<rebuild::Progress>, watch: &Watch) {
    while progress.changed().await.is_ok() {
        watch.of_rebuild(*progress.borrow_and_update());
    }
    std::future::pending().await
}

/// The fault of the log, which was found there already, or of an event.
fn unfoldable(error: &RebuildError) -> Option<Unfoldable> {
    use daybook_eventlog::{ReadError, ReplayError};
    let position = match error {
        RebuildError::Event { position, .. } => Some(position.get()),
        RebuildError::RowMissing { .. } => None,
        RebuildError::Log(ReplayError::Gap { after, .. }) => Some(after.get() + 1),
        RebuildError::Log(ReplayError::Read(ReadError::Corrupt { position, .. })) => {
            Some(position.get())
        }
        _ => return None,
    };
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    Some(Unfoldable { position, text })
}

fn note(checked: Checked, findings: &mut Findings) -> ReadModel {
    let Checked { projection, generation, verdict } = checked;
    let not_compared = match verdict {
        Verdict::Compared { differences, total, ahead } => {
            if let Some(position) = ahead {
                let place = Place::row("read model", projection).at(position.get());
                let expected = "one that the log holds";
                findings.add(
                    "read-model",
                    place,
                    "its last event",
                    expected,
                    "another, or missing",
                );
            }
            let told = u64::try_from(differences.len()).unwrap_or_default();
            for difference in &differences {
                row(difference, findings);
            }
            let rest = u64::try_from(total).unwrap_or_default().saturating_sub(told);
            if rest > 0 {
                let place = Place::row("read model", projection);
                let field = format!("each of {rest} further rows");
                let fold = "as the fold of the log";
                findings.add_several(rest, "read-model", place, field, fold, "another");
            }
            None
        }
        Verdict::NotComparable { why } => Some(why),
    };
    ReadModel { projection, generation: Some(generation), not_compared }
}

fn row(difference: &Difference, findings: &mut Findings) {
    let place = Place {
        position: difference.position,
        ..Place::row(&difference.live_table, &difference.key)
    };
    let mut add = |field: String, expected: String, found: String| {
        findings.add("read-model", place.clone(), field, expected, found);
    };
    let row = |row: &Option<Value>| row.as_ref().map(Value::to_string).unwrap_or_default();
    match &difference.what {
        Mismatch::OnlyLive => add("row".to_owned(), "none".to_owned(), row(&difference.live)),
        Mismatch::OnlyNew => add("row".to_owned(), row(&difference.built), "missing".to_owned()),
        Mismatch::Columns(columns) => {
            let told = |row: &Option<Value>, untold: &str| {
                let value = |column: &String| Some(row.as_ref()?.get(column)?.to_string());
                let value = |column: &String| value(column).unwrap_or_else(|| untold.to_owned());
                columns.iter().map(value).collect::<Vec<_>>().join(", ")
            };
            let expected = told(&difference.built, "as the fold of the log");
            add(columns.join(", "), expected, told(&difference.live, "another"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use daybook_core::ids::Position;

    /// Nothing was found out about the rows: the check has not come to its end.
    #[test]
    fn texts_that_nobody_gave_the_keys_for_are_no_finding() {
        let position = Position::new(7).expect("a position");
        assert!(unfoldable(&RebuildError::NoKeyStore { position }).is_none());
    }
}
