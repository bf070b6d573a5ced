//! Which groups are registered, and forgetting those that are gone: a group that nobody drains would keep its lists in
//! memory for ever.
//!
//! Ages are measured by Redis's own clock, so that the clocks of the machines do not matter. A group that is forgotten
//! by mistake registers again within a second and finds what it missed in the log.

use std::collections::BTreeMap;
use std::time::Duration;

use daybook_core::partition::Partition;
use redis::RedisResult;
use redis::aio::ConnectionManager;

use crate::group::Group;
use crate::keys;

/// A group that was not seen for this long is forgotten. Long against a restart of its projectors.
const FORGET_AFTER: Duration = Duration::from_secs(60);

/// The groups that were seen lately; the others are unregistered and their lists deleted.
pub(super) async fn live_groups(
    connection: &mut ConnectionManager,
    partition_count: u16,
) -> RedisResult<Vec<Group>> {
    let ((seconds, micros), seen): ((u64, u64), BTreeMap<String, u64>) =
        redis::pipe().cmd("TIME").hgetall(keys::GROUPS).query_async(connection).await?;
    let now_ms = seconds.saturating_mul(1000).saturating_add(micros / 1000);
    let mut live = Vec::new();
    for (name, seen_ms) in seen {
        let age = Duration::from_millis(now_ms.saturating_sub(seen_ms));
        match name.parse::<Group>() {
            Ok(group) if age <= FORGET_AFTER => live.push(group),
            Ok(group) => {
                tracing::info!(%group, ?age, "forgetting a projector group that is gone");
                forget(connection, &group, partition_count).await?;
            }
            // Not written by us; it has no lists of ours.
            Err(_) => redis::pipe().hdel(keys::GROUPS, name).exec_async(connection).await?,
        }
    }
    Ok(live)
}

async fn forget(
    connection: &mut ConnectionManager,
    group: &Group,
    partition_count: u16,
) -> RedisResult<()> {
    let mut pipeline = redis::pipe();
    pipeline.hdel(keys::GROUPS, group.to_string()).ignore();
    for partition in 0..partition_count {
        pipeline.del(keys::outbox(Partition(partition), group)).ignore();
    }
    pipeline.exec_async(connection).await
}
