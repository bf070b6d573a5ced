//! How far a projection is.

use daybook_proto::v1;
use serde::Serialize;

use super::{time_for_people, time_text};
use crate::output::{Row, escape};

#[derive(Serialize)]
pub(crate) struct ProjectionView {
    projection: String,
    generation: i64,
    checkpoint: i64,
    head: i64,
    lag_events: i64,
    lag_seconds: f64,
    state: &'static str,
    /// `null` while none is at work.
    rebuild: Option<RebuildView>,
    partitions: Vec<PartitionView>,
}

#[derive(Serialize)]
struct RebuildView {
    generation: i64,
    phase: String,
    events_done: i64,
    events_total: i64,
}

#[derive(Clone, Serialize)]
pub(crate) struct PartitionView {
    /// Of which projection; in JSON it stands within it.
    #[serde(skip)]
    projection: String,
    partition: i32,
    checkpoint: i64,
    last_position: i64,
    lag_events: i64,
    lag_seconds: f64,
    state: &'static str,
    /// `null` where no live projector works on it.
    owner: Option<String>,
    /// `null` while it has not stopped.
    stop: Option<StopView>,
}

#[derive(Clone, Serialize)]
struct StopView {
    cause: &'static str,
    position: i64,
    event_id: String,
    error: String,
    since: String,
    attempts: i32,
}

impl ProjectionView {
    /// The head stands once in the answer, not in each projection.
    pub(crate) fn new(status: v1::ProjectionStatus, head: i64) -> Self {
        let state = state_word(status.state());
        let name = &status.projection;
        let partitions = status.partitions.into_iter();
        Self {
            partitions: partitions.map(|partition| PartitionView::new(name, partition)).collect(),
            generation: status.generation,
            checkpoint: status.checkpoint,
            head,
            lag_events: status.lag_events,
            lag_seconds: status.lag_seconds,
            state,
            rebuild: status.rebuild.map(RebuildView::from),
            projection: status.projection,
        }
    }

    /// Each partition, as a row of its own.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = PartitionView> {
        self.partitions.iter().cloned()
    }

    /// All of it in a line.
    pub(crate) fn line(&self) -> String {
        let Self { projection, state, checkpoint, head, lag_events, lag_seconds, .. } = self;
        let projectors = self.projectors();
        let rebuild = self.rebuild.as_ref().map(|rebuild| {
            let RebuildView { generation, phase, events_done, events_total } = rebuild;
            format!(" rebuild={generation}:{}:{events_done}/{events_total}", escape(phase))
        });
        format!(
            "{projection} {state} checkpoint={checkpoint} head={head} lag_events={lag_events} \
             lag_seconds={lag_seconds:.3} projectors={projectors}{}",
            rebuild.unwrap_or_default()
        )
    }

    /// The rebuild that is at work on it, in words.
    pub(crate) fn rebuild(&self) -> Option<String> {
        let RebuildView { generation, phase, events_done, events_total } = self.rebuild.as_ref()?;
        Some(format!(
            "{} is being rebuilt: generation {generation}, {}, {events_done} of {events_total} events",
            self.projection,
            escape(phase)
        ))
    }

    /// The partitions that stopped, each with where, why, since when and how often, in words.
    pub(crate) fn stops(&self) -> impl Iterator<Item = String> {
        self.partitions.iter().filter_map(|partition| {
            let stop = partition.stop.as_ref()?;
            let StopView { cause, position, event_id, error, since, attempts } = stop;
            Some(format!(
                "{} stopped in partition {} at position {position} (event {event_id}), {cause}, {attempts} × since {} UTC: {}",
                self.projection,
                partition.partition,
                time_for_people(since),
                escape(error)
            ))
        })
    }

    /// How many projectors work on it.
    fn projectors(&self) -> usize {
        let owners = self.partitions.iter().filter_map(|partition| partition.owner.as_ref());
        owners.collect::<std::collections::BTreeSet<_>>().len()
    }
}

impl PartitionView {
    fn new(projection: &str, status: v1::PartitionStatus) -> Self {
        Self {
            projection: projection.to_owned(),
            state: state_word(status.state()),
            partition: status.partition,
            checkpoint: status.checkpoint,
            last_position: status.last_position,
            lag_events: status.lag_events,
            lag_seconds: status.lag_seconds,
            owner: (!status.owner.is_empty()).then_some(status.owner),
            stop: status.stop.map(StopView::from),
        }
    }
}

impl From<v1::ProjectionRebuild> for RebuildView {
    fn from(rebuild: v1::ProjectionRebuild) -> Self {
        let v1::ProjectionRebuild { generation, phase, events_done, events_total } = rebuild;
        Self { generation, phase, events_done, events_total }
    }
}

impl From<v1::ProjectionStop> for StopView {
    fn from(stop: v1::ProjectionStop) -> Self {
        Self {
            cause: match stop.cause() {
                v1::StopCause::Unspecified => "unknown",
                v1::StopCause::Poison => "poison",
                v1::StopCause::History => "history",
            },
            since: time_text(stop.since.as_ref()),
            position: stop.position,
            event_id: stop.event_id,
            error: stop.error,
            attempts: stop.attempts,
        }
    }
}

fn state_word(state: v1::ProjectionState) -> &'static str {
    match state {
        v1::ProjectionState::Unspecified => "unknown",
        v1::ProjectionState::Live => "live",
        v1::ProjectionState::CatchingUp => "catching_up",
        v1::ProjectionState::Rebuilding => "rebuilding",
        v1::ProjectionState::Stopped => "stopped",
    }
}

impl Row for ProjectionView {
    const COLUMNS: &'static [&'static str] = &[
        "projection",
        ">generation",
        ">checkpoint",
        ">head",
        ">lag events",
        ">lag seconds",
        "state",
        ">projectors",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.projection.clone(),
            self.generation.to_string(),
            self.checkpoint.to_string(),
            self.head.to_string(),
            self.lag_events.to_string(),
            format!("{:.3}", self.lag_seconds),
            self.state.replace('_', " "),
            self.projectors().to_string(),
        ]
    }
}

impl Row for PartitionView {
    const COLUMNS: &'static [&'static str] = &[
        "projection",
        ">partition",
        ">checkpoint",
        ">lag events",
        ">lag seconds",
        "state",
        "owner",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.projection.clone(),
            self.partition.to_string(),
            self.checkpoint.to_string(),
            self.lag_events.to_string(),
            format!("{:.3}", self.lag_seconds),
            self.state.replace('_', " "),
            self.owner.as_deref().map(escape).unwrap_or_default().to_string(),
        ]
    }
}
