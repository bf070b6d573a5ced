//! Every Redis key and channel of Daybook, and nobody else makes one.

use daybook_core::partition::Partition;

use crate::group::Group;

/// Hash from projector group to when it was last seen, in Unix milliseconds by Redis's own clock.
pub(crate) const GROUPS: &str = "daybook:groups";

/// The list of one partition for one group. The braces are a Redis Cluster hash tag: all groups' lists of a partition
/// share a slot.
pub(crate) fn outbox(partition: Partition, group: &Group) -> String {
    format!("daybook:{{{partition}}}:outbox:{group}")
}

/// The channel that events of a stream type are published to.
pub(crate) fn channel(stream_type: &str) -> String {
    format!("events:{stream_type}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelled_as_documented() {
        let group: Group = "default".parse().unwrap();
        assert_eq!(outbox(Partition(7), &group), "daybook:{7}:outbox:default");
        assert_eq!(channel("account"), "events:account");
    }
}
