//! Which projector groups are registered, and forgetting those that are gone: a group that nobody drains would keep its
//! lists in memory for ever.
//!
//! Anybody who may write to Redis can register anything. What is read in one go is bounded, names are checked, and times of
//! the future are removed, so that the worst that a forger gets is some lists that nobody drains, or that a group reads the
//! log instead of its lists. Ages are measured by Redis's own clock, so that the clocks of the machines do not matter. A
//! group that is forgotten by mistake registers again within a second and finds what it missed in the log.

use std::time::Duration;

use daybook_core::partition::Partition;
use redis::aio::ConnectionManager;
use redis::{AsyncCommands as _, RedisResult};
use uuid::Uuid;

use crate::clock::now_ms;
use crate::group::Group;
use crate::keys;

/// A group that was not seen for this long is forgotten. Long against a restart of its projectors.
const FORGET_AFTER: Duration = Duration::from_secs(60);

/// A group may register between a look at the clock and the look at the groups; what is later than that is not believed.
const FUTURE_MAX: Duration = Duration::from_secs(5);

/// Groups that are pushed to, and groups that are forgotten in one go. Each costs a list for each partition and its share of
/// every push; there are more projections than are ever run apart.
const GROUPS_MAX: isize = 32;

/// The groups of one log.
pub(super) struct Registry {
    log_id: Uuid,
    partition_count: u16,
    live: Vec<Group>,
    /// There are as many as are pushed to, perhaps more.
    full: bool,
}

impl Registry {
    pub(super) fn new(log_id: Uuid, partition_count: u16) -> Self {
        Self { log_id, partition_count, live: Vec::new(), full: false }
    }

    /// The groups that were seen lately, as of the last refresh.
    pub(super) fn live(&self) -> &[Group] {
        &self.live
    }

    /// Turns to the groups of another log; `true`: it is another one, and its groups are to be looked for.
    pub(super) fn follow(&mut self, log_id: Uuid) -> bool {
        std::mem::replace(&mut self.log_id, log_id) != log_id
    }

    /// Looks which groups were seen lately; the others are unregistered and their lists deleted.
    pub(super) async fn refresh(&mut self, redis: &mut ConnectionManager) -> RedisResult<()> {
        let looked = self.look(redis).await;
        if looked.as_ref().is_err_and(|error| error.code() == Some("WRONGTYPE")) {
            // Not written by us; groups register again within a second.
            return redis.del(keys::groups(self.log_id)).await;
        }
        looked
    }

    async fn look(&mut self, redis: &mut ConnectionManager) -> RedisResult<()> {
        let (key, now) = (keys::groups(self.log_id), now_ms(redis).await?);
        let oldest = now.saturating_sub(millis(FORGET_AFTER));
        let latest = now.saturating_add(millis(FUTURE_MAX));
        // By itself: an error of one command in a pipeline does not say that it is of a type.
        redis.zrembyscore::<_, _, _, ()>(&key, format!("({latest}"), "+inf").await?;
        let (live, gone): (Vec<Vec<u8>>, Vec<Vec<u8>>) = redis::pipe()
            .zrangebyscore_limit(&key, oldest, latest, 0, GROUPS_MAX)
            .zrangebyscore_limit(&key, "-inf", format!("({oldest}"), 0, GROUPS_MAX)
            .query_async(redis)
            .await?;
        self.note_full(live.len());
        let (live, nameless) = sort(live);
        self.live = live;
        let (gone, nameless_gone) = sort(gone);
        for group in gone {
            tracing::info!(%group, "forgetting a projector group that is gone");
            self.forget(redis, &group).await?;
        }
        for names in [nameless, nameless_gone].iter().filter(|names| !names.is_empty()) {
            tracing::warn!(
                entries = names.len(),
                "removed what is no group from the groups in Redis"
            );
            redis.zrem::<_, _, ()>(&key, names).await?;
        }
        Ok(())
    }

    fn note_full(&mut self, seen: usize) {
        let full = seen >= GROUPS_MAX.unsigned_abs();
        if full && !self.full {
            tracing::warn!(
                groups = seen,
                "as many projector groups as are pushed to are registered in Redis; further ones read the log"
            );
        }
        self.full = full;
    }

    async fn forget(&self, redis: &mut ConnectionManager, group: &Group) -> RedisResult<()> {
        let mut pipeline = redis::pipe();
        pipeline.zrem(keys::groups(self.log_id), group.to_string()).ignore();
        for partition in (0..self.partition_count).map(Partition) {
            pipeline.del(keys::outbox(self.log_id, partition, group)).ignore();
        }
        pipeline.exec_async(redis).await
    }
}

/// Groups, and what is no group's name.
fn sort(names: Vec<Vec<u8>>) -> (Vec<Group>, Vec<Vec<u8>>) {
    let (mut groups, mut others) = (Vec::new(), Vec::new());
    for name in names {
        match std::str::from_utf8(&name).ok().and_then(|name| name.parse().ok()) {
            Some(group) => groups.push(group),
            None => others.push(name),
        }
    }
    (groups, others)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
