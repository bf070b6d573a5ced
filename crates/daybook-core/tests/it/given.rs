//! Words for scenarios: names, places and commands of operators.

use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_core::projection::{EventPlace, ProjectionCommand, ProjectionName};
use daybook_core::stream::StreamId;

pub(crate) fn projection_name(name: &str) -> ProjectionName {
    ProjectionName::new(name).unwrap()
}

/// The stream of a projection.
pub(crate) fn projection(name: &str) -> StreamId {
    projection_name(name).stream_id()
}

pub(crate) fn place(partition: u16, position: i64) -> EventPlace {
    let position = Position::new(position).unwrap();
    EventPlace { partition: Partition(partition), position }
}

pub(crate) fn skip(projection: &str, partition: u16, position: i64) -> ProjectionCommand {
    let (projection, event) = (projection_name(projection), place(partition, position));
    ProjectionCommand::SkipEvent { projection, event }
}

pub(crate) fn retry(projection: &str, partition: u16, position: i64) -> ProjectionCommand {
    let (projection, event) = (projection_name(projection), place(partition, position));
    ProjectionCommand::RetryEvent { projection, event }
}
