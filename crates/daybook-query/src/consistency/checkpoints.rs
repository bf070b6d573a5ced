//! How far the current generations of the read models are, as the projector has left it.

use std::collections::BTreeMap;

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use sqlx::PgExecutor;

use crate::error::QueryError;

/// Read models by the projection's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Checkpoints(pub(crate) BTreeMap<String, ReadModel>);

/// The current generation of one projection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ReadModel {
    pub(crate) generation: i32,
    /// Of the code that filled it.
    pub(crate) version: i32,
    /// A partition that the projector has not begun is absent.
    pub(crate) partitions: BTreeMap<Partition, PartitionCheckpoint>,
}

/// How far it is in one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PartitionCheckpoint {
    pub(crate) position: Position,
    pub(crate) stopped: Option<Stopped>,
}

/// Why it goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// The rows were folded from events that the log no longer has.
    pub(crate) ahead_of_log: bool,
    pub(crate) error: String,
}

impl Checkpoints {
    /// The current generation of a projection that [`super::judge`] found.
    pub(crate) fn generation(&self, projection: &str) -> i32 {
        self.0.get(projection).map_or(0, |model| model.generation)
    }
}

/// The projector's word for rows that are ahead of their log.
const CAUSE_HISTORY: &str = "history";

/// A partition of a current generation, as the queries of checkpoints give it; NULL where the projector has begun none.
#[derive(sqlx::FromRow)]
pub(crate) struct Place {
    pub(crate) projection: String,
    pub(crate) generation: i32,
    partition: Option<i16>,
    position: Option<i64>,
}

impl Place {
    /// The partition, and how far it is.
    pub(crate) fn reached(&self) -> Option<(Partition, Position)> {
        let partition = Partition(u16::try_from(self.partition?).unwrap_or_default());
        Some((partition, Position::new(self.position?).unwrap_or_default()))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    place: Place,
    version: i32,
    stopped_cause: Option<String>,
    stopped_error: Option<String>,
}

/// Reads the checkpoints of some projections (none named: all) in one partition and wherever they have stopped, or in
/// all partitions.
pub(crate) async fn read_checkpoints(
    executor: impl PgExecutor<'_>,
    projections: &[&str],
    partition: Option<Partition>,
) -> Result<Checkpoints, QueryError> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("../queries/sql/read_checkpoints.sql"))
        .bind(projections)
        .bind(partition.map(|partition| i32::from(partition.0)))
        .fetch_all(executor)
        .await?;
    let mut checkpoints = Checkpoints::default();
    for row in rows {
        let reached = row.place.reached();
        let model = checkpoints.0.entry(row.place.projection).or_default();
        (model.generation, model.version) = (row.place.generation, row.version);
        let Some((partition, position)) = reached else { continue };
        let checkpoint = PartitionCheckpoint {
            position,
            stopped: row.stopped_cause.map(|cause| Stopped {
                ahead_of_log: cause == CAUSE_HISTORY,
                error: row.stopped_error.unwrap_or(cause),
            }),
        };
        model.partitions.insert(partition, checkpoint);
    }
    Ok(checkpoints)
}
