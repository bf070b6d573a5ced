//! Leases: which instance of a group works on which partition.
//!
//! Every instance beats twice a second: one short transaction in the read database says that it lives, looks who else
//! does and who has what, and claims what is its share. What it has beyond its share it first stops working on, with the
//! batch in hand finished, and then gives up. An instance that is silent for [`LEASE`] is dead to the others, and before
//! that where its database session is gone: it was killed. One that stops takes its row along, and its partitions are free
//! at once.
//!
//! Leases only save work. Two who believe that a partition is theirs cannot harm it: the compare-and-set of the
//! checkpoints lets one of them go on. So an instance that cannot beat, because the database is away or it was paused,
//! goes on with what it has until it learns better.

mod shares;
mod store;

use std::collections::BTreeSet;
use std::time::Duration;

use daybook_core::partition::Partition;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use shares::Share;
pub(crate) use store::Member;
use store::Store;

/// Between two heartbeats: how late it may be noticed that somebody joined, left or died.
const BEAT_INTERVAL: Duration = Duration::from_millis(500);

/// An instance that was silent for this long is dead to the others: several missed heartbeats, and with one more of
/// theirs well below the five seconds within which a partition is to be taken over. Its row says it to everybody.
const LEASE: Duration = Duration::from_secs(3);

/// A heartbeat that takes longer came to nothing.
const BEAT_BOUND: Duration = Duration::from_secs(2);

/// How often dead instances are looked for.
const FORGET_INTERVAL: Duration = Duration::from_secs(10);

/// How long the dead stay known, for whoever wonders where an instance went.
const FORGET_AFTER: Duration = Duration::from_secs(60);

/// How often it is said again that this instance stands aside.
const REMIND_INTERVAL: Duration = Duration::from_secs(30);

/// What this instance is to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assignment {
    pub(crate) partitions: BTreeSet<Partition>,
    /// It is kept out of its group, which runs other projections.
    pub(crate) aside: bool,
}

/// Keeps one instance's leases.
pub(crate) struct Keeper {
    store: Store,
    partition_count: u16,
    assignment: watch::Sender<Option<Assignment>>,
    /// What is being worked on right now.
    held: watch::Receiver<BTreeSet<Partition>>,
    forget_due: Instant,
    remind_due: Instant,
    away: bool,
}

impl Keeper {
    /// Tells by the first channel what to work on, and learns by the second what is being worked on.
    pub(crate) fn new(
        pool: sqlx::PgPool,
        member: Member,
        partition_count: u16,
        assignment: watch::Sender<Option<Assignment>>,
        held: watch::Receiver<BTreeSet<Partition>>,
    ) -> Self {
        let now = Instant::now();
        let store = Store::new(pool, member);
        let (forget_due, remind_due) = (now, now);
        Self { store, partition_count, assignment, held, forget_due, remind_due, away: false }
    }

    /// Beats until `shutdown`, then leaves the group.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        loop {
            let next = Instant::now() + BEAT_INTERVAL;
            let gives_up = self.beat().await;
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = sleep_until(next) => {}
                // What is to be given up is, as soon as nobody here works on it any more.
                Ok(()) = self.held.changed(), if gives_up => {}
            }
        }
        match timeout(BEAT_BOUND, self.store.leave()).await {
            Ok(Ok(())) => {}
            _ => tracing::warn!("could not give the leases back; they run out in {LEASE:?}"),
        }
    }

    /// One heartbeat; `true`: something is still to be given up. Where it fails everything stays as it is.
    async fn beat(&mut self) -> bool {
        let working_on = self.held.borrow_and_update().clone();
        let beat = timeout(BEAT_BOUND, self.store.beat(LEASE, self.partition_count, &working_on));
        match beat.await.unwrap_or(Err(sqlx::Error::PoolTimedOut)) {
            Ok(beat) => {
                self.note(None);
                self.assign(beat.share);
                self.forget_the_dead().await;
                beat.still_held
            }
            Err(error) => {
                self.note(Some(&error));
                false
            }
        }
    }

    fn assign(&mut self, share: Share) {
        let assignment = match share {
            Share::Part { keep, .. } => Assignment { partitions: keep, aside: false },
            Share::Aside { group_runs } => {
                self.remind(&group_runs);
                Assignment { partitions: BTreeSet::new(), aside: true }
            }
        };
        let instance = &self.store.member().name;
        self.assignment.send_if_modified(|current| {
            let changed = current.as_ref() != Some(&assignment);
            if changed {
                let partitions: Vec<_> = assignment.partitions.iter().map(|p| p.0).collect();
                tracing::info!(instance, ?partitions, "this instance's partitions changed");
                *current = Some(assignment);
            }
            changed
        });
    }

    fn remind(&mut self, group_runs: &[String]) {
        if Instant::now() < self.remind_due {
            return;
        }
        self.remind_due = Instant::now() + REMIND_INTERVAL;
        let words = |names: &[String]| {
            if names.is_empty() { "all projections".to_owned() } else { names.join(", ") }
        };
        let Member { group, projections, .. } = self.store.member();
        tracing::error!(
            group,
            group_runs = words(group_runs),
            this_runs = words(projections),
            "standing aside: the instances of a group must run the same projections; give this one a --group of its own"
        );
    }

    async fn forget_the_dead(&mut self) {
        if Instant::now() < self.forget_due {
            return;
        }
        self.forget_due = Instant::now() + FORGET_INTERVAL;
        match timeout(BEAT_BOUND, self.store.forget_dead(FORGET_AFTER)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(instances)) => tracing::info!(instances, "forgot instances that died"),
            Ok(Err(error)) => tracing::debug!(%error, "could not look for dead instances"),
            Err(_) => tracing::debug!("looking for dead instances took too long"),
        }
    }

    /// The log tells changes, not every failure.
    fn note(&mut self, error: Option<&sqlx::Error>) {
        match (error, self.away) {
            (Some(error), false) => {
                daybook_runtime::postgres::give_up_connections_after(error);
                let hint = if is_missing_table(error) { "; run `daybook migrate`" } else { "" };
                tracing::warn!(%error, "no heartbeat; going on with the partitions held{hint}");
            }
            (None, true) => tracing::info!("heartbeats go on"),
            _ => {}
        }
        self.away = error.is_some();
    }
}

fn is_missing_table(error: &sqlx::Error) -> bool {
    const UNDEFINED_TABLE: &str = "42P01";
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == UNDEFINED_TABLE)
}
