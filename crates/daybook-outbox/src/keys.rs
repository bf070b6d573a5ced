//! Every Redis key and channel of Daybook, and nobody else makes one. The log's id is part of each, so that logs that share a
//! Redis do not take each other's messages.

use daybook_core::partition::Partition;
use uuid::Uuid;

use crate::group::Group;

/// Sorted set of the projector groups of a log, each by when it was last seen, in Unix milliseconds by Redis's own clock.
pub(crate) fn groups(log_id: Uuid) -> String {
    format!("daybook:{log_id}:groups")
}

/// The list of one partition for one group. The braces are a Redis Cluster hash tag: all groups' lists of a partition
/// share a slot.
pub(crate) fn outbox(log_id: Uuid, partition: Partition, group: &Group) -> String {
    format!("daybook:{log_id}:{{{partition}}}:outbox:{group}")
}

/// The channel that events of a stream type are published to.
pub(crate) fn channel(log_id: Uuid, stream_type: &str) -> String {
    format!("daybook:{log_id}:events:{stream_type}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelled_as_documented() {
        let (log_id, group) = (Uuid::from_u128(10), "default".parse().unwrap());
        let prefix = "daybook:00000000-0000-0000-0000-00000000000a";
        assert_eq!(groups(log_id), format!("{prefix}:groups"));
        assert_eq!(outbox(log_id, Partition(7), &group), format!("{prefix}:{{7}}:outbox:default"));
        assert_eq!(channel(log_id, "account"), format!("{prefix}:events:account"));
    }
}
