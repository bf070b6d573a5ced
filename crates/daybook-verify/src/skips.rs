//! What operators have permitted read models to leave out: no fault, but told, since each may be why a row is missing.

use daybook_core::compose::Part;
use daybook_core::metadata::Metadata;
use daybook_core::projection::ProjectionEvent;
use daybook_core::system::SystemEvent;
use daybook_eventlog::inspect::StoredEvent;
use time::OffsetDateTime;

/// Skips that are told, at most; all are counted. More than any projection may have.
const SKIPS_MAX: usize = 20_000;

/// One event that a projection may leave out where it cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skip {
    /// Which projection.
    pub projection: String,
    /// The event's partition.
    pub partition: u16,
    /// The event's position.
    pub position: i64,
    /// Who permitted it.
    pub actor: String,
    /// Why; `None` where nobody can read it.
    pub reason: Option<String>,
    /// When.
    pub recorded_at: OffsetDateTime,
    /// Where the decision stands in the log.
    pub decided_at: i64,
}

/// The skips of a log.
#[derive(Debug, Clone, Default)]
pub struct Skips {
    kept: Vec<Skip>,
    total: u64,
}

impl Skips {
    /// The first ones.
    #[must_use]
    pub fn kept(&self) -> &[Skip] {
        &self.kept
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn event(
        &mut self,
        event: &StoredEvent,
        payload: &impl Part<SystemEvent>,
        metadata: Option<&Metadata>,
    ) {
        let Some(SystemEvent::Projection(ProjectionEvent::EventSkipped(skipped))) = payload.part()
        else {
            return;
        };
        self.total += 1;
        if self.kept.len() >= SKIPS_MAX {
            return;
        }
        let (_, projection) = event.stream_id.split_once('-').unwrap_or_default();
        let reason = metadata.and_then(|metadata| metadata.reason.as_ref()?.reveal());
        self.kept.push(Skip {
            projection: projection.to_owned(),
            partition: skipped.event.partition.0,
            position: skipped.event.position.get(),
            actor: metadata.map(|metadata| metadata.actor.to_string()).unwrap_or_default(),
            reason: reason.map(ToOwned::to_owned),
            recorded_at: event.recorded_at,
            decided_at: event.position,
        });
    }
}
