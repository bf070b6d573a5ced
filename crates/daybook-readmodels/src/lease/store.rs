//! Instances and leases in the read database, by its clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use daybook_core::partition::Partition;
use sqlx::{PgConnection, PgPool, Row as _};

use super::shares::{self, Instance, Share};

/// One instance of a group.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) group: String,
    pub(crate) name: String,
    /// What it was told to run, sorted; empty: all.
    pub(crate) projections: Vec<String>,
}

/// What a heartbeat led to.
pub(super) struct Beat {
    /// With what was claimed among what is kept.
    pub(super) share: Share,
    /// Something is beyond the share and still being worked on.
    pub(super) still_held: bool,
}

pub(super) struct Store {
    pool: PgPool,
    member: Member,
}

impl Store {
    pub(super) fn new(pool: PgPool, member: Member) -> Self {
        Self { pool, member }
    }

    pub(super) fn member(&self) -> &Member {
        &self.member
    }

    /// Says that this instance lives, claims what is its share, and gives up what is not, unless that is still being
    /// worked on.
    pub(super) async fn beat(
        &self,
        lease: Duration,
        partition_count: u16,
        working_on: &BTreeSet<Partition>,
    ) -> Result<Beat, sqlx::Error> {
        let me = &self.member.name;
        let mut tx = self.pool.begin().await?;
        self.say_alive(&mut tx, lease).await?;
        let live = self.read_live(&mut tx).await?;
        let leases = self.read_leases(&mut tx).await?;
        let mut share = shares::share(me, &live, &leases, partition_count);
        if let Share::Part { keep, claim } = &mut share
            && !claim.is_empty()
        {
            keep.extend(self.claim(&mut tx, claim, &live).await?);
        }
        let kept = match &share {
            Share::Part { keep, .. } => keep.clone(),
            Share::Aside { .. } => BTreeSet::new(),
        };
        let mine =
            leases.iter().filter(|(_, holder)| *holder == me).map(|(partition, _)| partition);
        let (still_held, done): (Vec<_>, Vec<_>) = mine
            .filter(|partition| !kept.contains(partition))
            .partition(|partition| working_on.contains(partition));
        if !done.is_empty() {
            self.release(&mut tx, &done).await?;
        }
        tx.commit().await?;
        Ok(Beat { share, still_held: !still_held.is_empty() })
    }

    pub(super) async fn leave(&self) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("../queries/leave.sql"))
            .bind(&self.member.group)
            .bind(&self.member.name)
            .execute(&self.pool)
            .await
            .map(drop)
    }

    /// Removes what instances left that were silent for longer than `after`. Gives how many there were.
    pub(super) async fn forget_dead(&self, after: Duration) -> Result<u64, sqlx::Error> {
        let forgotten = sqlx::query(include_str!("../queries/forget_dead_instances.sql"))
            .bind(after.as_secs_f64())
            .execute(&self.pool)
            .await?;
        Ok(forgotten.rows_affected())
    }

    async fn say_alive(
        &self,
        connection: &mut PgConnection,
        lease: Duration,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("../queries/beat.sql"))
            .bind(&self.member.group)
            .bind(&self.member.name)
            .bind(&self.member.projections)
            .bind(lease.as_secs_f64())
            .execute(connection)
            .await
            .map(drop)
    }

    async fn read_live(&self, connection: &mut PgConnection) -> Result<Vec<Instance>, sqlx::Error> {
        let instance = |row: &sqlx::postgres::PgRow| {
            Ok(Instance {
                name: row.try_get("instance")?,
                projections: row.try_get("projections")?,
            })
        };
        sqlx::query(include_str!("../queries/read_live_instances.sql"))
            .bind(&self.member.group)
            .fetch_all(connection)
            .await?
            .iter()
            .map(instance)
            .collect()
    }

    async fn read_leases(
        &self,
        connection: &mut PgConnection,
    ) -> Result<BTreeMap<Partition, String>, sqlx::Error> {
        sqlx::query(include_str!("../queries/read_leases.sql"))
            .bind(&self.member.group)
            .fetch_all(connection)
            .await?
            .iter()
            .map(|row| Ok((partition(row.try_get("partition")?), row.try_get("instance")?)))
            .collect()
    }

    async fn claim(
        &self,
        connection: &mut PgConnection,
        partitions: &[Partition],
        live: &[Instance],
    ) -> Result<Vec<Partition>, sqlx::Error> {
        let live: Vec<&str> = live.iter().map(|instance| instance.name.as_str()).collect();
        let claimed: Vec<i16> = sqlx::query_scalar(include_str!("../queries/claim_leases.sql"))
            .bind(&self.member.group)
            .bind(&self.member.name)
            .bind(smallints(partitions))
            .bind(live)
            .fetch_all(connection)
            .await?;
        Ok(claimed.into_iter().map(partition).collect())
    }

    async fn release(
        &self,
        connection: &mut PgConnection,
        partitions: &[&Partition],
    ) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("../queries/release_leases.sql"))
            .bind(&self.member.group)
            .bind(&self.member.name)
            .bind(smallints(partitions.iter().copied()))
            .execute(connection)
            .await
            .map(drop)
    }
}

/// Partitions are below 1024; the column is a smallint.
fn smallints<'p>(partitions: impl IntoIterator<Item = &'p Partition>) -> Vec<i16> {
    partitions.into_iter().filter_map(|partition| i16::try_from(partition.0).ok()).collect()
}

fn partition(number: i16) -> Partition {
    Partition(u16::try_from(number).unwrap_or_default())
}
