//! How far each projection is, and who works on it. This one needs no view: it says what is stored, whatever state that is
//! in.

use std::collections::BTreeMap;

use daybook_core::ids::Position;
use daybook_eventlog::{Backlog, Head, LogReader};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::consistency::Place;
use crate::error::{Kind, QueryError};

/// How far one projection is.
pub(crate) struct ProjectionRow {
    pub(crate) projection: String,
    pub(crate) generation: i32,
    /// The next one, while it is being made.
    pub(crate) rebuild: Option<RebuildRow>,
    /// One for each partition of the log, in order.
    pub(crate) partitions: Vec<PartitionRow>,
}

/// How far a rebuild is.
pub(crate) struct RebuildRow {
    pub(crate) generation: i32,
    pub(crate) phase: String,
    pub(crate) events_done: i64,
    pub(crate) events_total: i64,
}

/// How far it is in one partition. One that the projector has not begun is at zero.
#[derive(Default)]
pub(crate) struct PartitionRow {
    pub(crate) position: Position,
    pub(crate) backlog: Backlog,
    /// The live instance that works on it.
    pub(crate) owner: Option<String>,
    pub(crate) stop: Option<StopRow>,
}

/// Why it goes no further.
pub(crate) struct StopRow {
    pub(crate) cause: String,
    pub(crate) position: Option<i64>,
    pub(crate) event_id: Option<Uuid>,
    pub(crate) error: String,
    pub(crate) since: Option<OffsetDateTime>,
    pub(crate) attempts: i32,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    place: Place,
    stopped_cause: Option<String>,
    stopped_position: Option<i64>,
    stopped_event_id: Option<Uuid>,
    stopped_error: Option<String>,
    stopped_since: Option<OffsetDateTime>,
    attempts: Option<i32>,
    owner: Option<String>,
    build_generation: Option<i32>,
    build_phase: Option<String>,
    events_done: Option<i64>,
    events_total: Option<i64>,
}

/// How far each projection, or the one named, is; and where the log ends.
pub(crate) async fn get_projection_status(
    read_models: &PgPool,
    log: &LogReader,
    projection: Option<&str>,
) -> Result<(Head, Vec<ProjectionRow>), QueryError> {
    // Before the head: the head is then at or past every checkpoint, and no lag is ever below zero.
    let rows: Vec<Row> = sqlx::query_as(include_str!("sql/get_projection_status.sql"))
        .bind(projection)
        .fetch_all(read_models)
        .await?;
    if let (Some(name), true) = (projection, rows.is_empty()) {
        return Err(QueryError::NotFound { kind: Kind::Projection, id: name.to_owned() });
    }
    let head = log.head().await?;
    let mut projections = by_projection(rows, head.partition_count());
    for projection in &mut projections {
        let applied: Vec<Position> = projection.partitions.iter().map(|p| p.position).collect();
        let backlogs = log.backlog(&applied).await?;
        for (partition, backlog) in projection.partitions.iter_mut().zip(backlogs) {
            partition.backlog = backlog;
        }
    }
    Ok((head, projections))
}

fn by_projection(rows: Vec<Row>, partition_count: u16) -> Vec<ProjectionRow> {
    let mut projections: BTreeMap<String, ProjectionRow> = BTreeMap::new();
    for row in rows {
        let projection =
            projections.entry(row.place.projection.clone()).or_insert_with(|| ProjectionRow {
                projection: row.place.projection.clone(),
                generation: row.place.generation,
                rebuild: row.rebuild(),
                partitions: (0..partition_count).map(|_| PartitionRow::default()).collect(),
            });
        let reached = row.place.reached().map(|(partition, _)| partition.index());
        if let Some(partition) = reached.and_then(|index| projection.partitions.get_mut(index)) {
            *partition = PartitionRow::from(row);
        }
    }
    projections.into_values().collect()
}

impl Row {
    /// Its session may not have said yet how far it is.
    fn rebuild(&self) -> Option<RebuildRow> {
        Some(RebuildRow {
            generation: self.build_generation?,
            phase: self.build_phase.clone().unwrap_or_else(|| "preparing".to_owned()),
            events_done: self.events_done.unwrap_or_default(),
            events_total: self.events_total.unwrap_or_default(),
        })
    }
}

impl From<Row> for PartitionRow {
    fn from(row: Row) -> Self {
        let position = row.place.reached().map(|(_, position)| position).unwrap_or_default();
        let stop = row.stopped_cause.map(|cause| StopRow {
            error: row.stopped_error.unwrap_or_else(|| cause.clone()),
            cause,
            position: row.stopped_position,
            event_id: row.stopped_event_id,
            since: row.stopped_since,
            attempts: row.attempts.unwrap_or_default(),
        });
        Self { position, backlog: Backlog::default(), owner: row.owner, stop }
    }
}
