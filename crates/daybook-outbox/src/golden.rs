//! What other programs see in Redis, byte for byte: keys, channels, entries of lists, messages.

use daybook_core::partition::Partition;
use daybook_core::testing::assert_pinned;
use uuid::Uuid;

use crate::message::tests::{ORIGIN, event};
use crate::{entry, keys, message};

#[test]
fn keys_channels_entries_and_messages_are_what_they_ever_were() {
    let (log_id, group) = (Uuid::from_u128(10), "default".parse().unwrap());
    let newest = "9223372036854775807";
    assert!(entry::decode(newest.as_bytes()).is_some());
    let written = [
        format!("key of the groups: {}", keys::groups(log_id)),
        format!("key of a list: {}", keys::outbox(log_id, Partition(7), &group)),
        format!("channel: {}", keys::channel(log_id, "account")),
        format!("entry: {newest}"),
        format!("message: {}", message::encode(ORIGIN, &event())),
    ];
    assert_pinned("golden/redis.txt", include_str!("../golden/redis.txt"), &written);
}
