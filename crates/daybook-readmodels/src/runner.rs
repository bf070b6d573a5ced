//! The projector's loop: work on what is assigned, take the next events and apply them, until something fails; then wait
//! and open again. Redis is not in it: without messages the log is polled. A stop finishes the batch in hand.

use std::collections::BTreeSet;
use std::time::Duration;

use daybook_core::event::EventPayload;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::Identity;
use daybook_outbox::Lists;
use daybook_runtime::postgres;
use daybook_runtime::repeats::Repeats;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::decoded::Decoded;
use crate::lease::Assignment;
use crate::session::{Desk, Session, SessionError, Tried};

/// First pause after a failure that may pass; each further one doubles it.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// Longest pause: how late it is noticed that a database is back.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A database that does not answer at all is given up on, later than the server itself gives up on a statement.
const ANSWER_BOUND: Duration = Duration::from_secs(40);

/// But not while rows are erased: given up on, it would only be begun again.
const ERASING_BOUND: Duration = Duration::from_secs(20 * 60);

/// Failures in a row, with nothing applied in between, after which it is no longer ready.
const FAILURES_MAX: u32 = 3;

/// What the loop is told, and tells in turn.
pub(crate) struct Ties {
    /// What to work on; `None` until the first heartbeat.
    pub(crate) assignment: watch::Receiver<Option<Assignment>>,
    /// What is worked on: what is to be given up is kept until it is not among these.
    pub(crate) held: watch::Sender<BTreeSet<Partition>>,
    /// Whose messages are of use.
    pub(crate) lists: watch::Sender<Lists>,
    pub(crate) messages: mpsc::Receiver<Vec<Position>>,
    /// Whether it projects, or stands aside.
    pub(crate) ready: watch::Sender<bool>,
}

/// Projects until `shutdown`.
pub(crate) async fn run<E: EventPayload>(
    desk: Desk<E>,
    identity: Identity,
    mut ties: Ties,
    shutdown: CancellationToken,
) {
    let mut tried = Tried::default();
    let (mut pause, mut failures) = (PAUSE_MIN, 0_u32);
    let repeats = Repeats::new();
    while !shutdown.is_cancelled() {
        let mut progress = false;
        let ended = session(&desk, identity, &mut ties, &mut tried, &shutdown, &mut progress).await;
        let log_id = ties.lists.borrow().log_id;
        ties.tell(&BTreeSet::new(), Lists { log_id, partitions: Vec::new() });
        let Err(error) = ended else { break };
        if progress {
            (pause, failures) = (PAUSE_MIN, 0);
        }
        let wait = match &error {
            // What is ahead of the log stands and says so itself; the others are served on.
            SessionError::History => Duration::ZERO,
            _ => jittered(pause),
        };
        if wait > Duration::ZERO {
            failures = failures.saturating_add(1);
        }
        if failures >= FAILURES_MAX {
            ties.ready.send_replace(false);
        }
        postgres::give_up_connections_after(&error);
        let error = format!("{:#}", anyhow::Error::from(error));
        if let Some(left_out) = repeats.note(&error) {
            tracing::warn!(%error, ?wait, repeated = left_out, "projecting was interrupted");
        }
        pause = (pause * 2).min(PAUSE_MAX);
        wait_or_stop(wait, &shutdown).await;
    }
}

/// One session, to its first failure or to the stop.
async fn session<E: EventPayload>(
    desk: &Desk<E>,
    identity: Identity,
    ties: &mut Ties,
    tried: &mut Tried,
    shutdown: &CancellationToken,
    progress: &mut bool,
) -> Result<(), SessionError> {
    let mut session = bounded(Session::open(desk, identity)).await?;
    loop {
        let Some(Assignment { partitions, aside }) = ties.assigned(shutdown).await else {
            return Ok(());
        };
        // Before it serves, and before it applies anything over a connection that is new.
        if session.must_clear_words() {
            within(ERASING_BOUND, session.clear_words()).await?;
        }
        // Said before they are taken on, so that none is given up in between.
        ties.tell(&partitions, session.lists());
        bounded(session.follow(&partitions, tried)).await?;
        ties.tell(session.held(), session.lists());
        let events = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(()),
            events = bounded(session.next(&mut ties.messages)) => events?,
        };
        ties.ready.send_if_modified(|ready| replace_if_other(ready, !aside));
        let erases = events.iter().any(Decoded::tells_of_erasure);
        let bound = if erases { ERASING_BOUND } else { ANSWER_BOUND };
        within(bound, session.apply(&events)).await?;
        *progress = true;
    }
}

impl Ties {
    /// What to work on, as soon as that is known; `None` when stopped before.
    async fn assigned(&mut self, shutdown: &CancellationToken) -> Option<Assignment> {
        tokio::select! {
            biased;
            assigned = self.assignment.wait_for(Option::is_some) => assigned.ok()?.clone(),
            () = shutdown.cancelled() => None,
        }
    }

    /// Says what is worked on and whose messages are of use, where that has changed.
    fn tell(&self, held: &BTreeSet<Partition>, lists: Lists) {
        self.held.send_if_modified(|told| replace_if_other(told, held.clone()));
        self.lists.send_if_modified(|told| replace_if_other(told, lists));
    }
}

fn replace_if_other<T: PartialEq>(told: &mut T, now: T) -> bool {
    let changed = *told != now;
    *told = now;
    changed
}

async fn bounded<T>(
    work: impl Future<Output = Result<T, SessionError>>,
) -> Result<T, SessionError> {
    within(ANSWER_BOUND, work).await
}

async fn within<T>(
    bound: Duration,
    work: impl Future<Output = Result<T, SessionError>>,
) -> Result<T, SessionError> {
    tokio::time::timeout(bound, work).await.unwrap_or(Err(SessionError::NoAnswer(bound)))
}

pub(crate) async fn wait_or_stop(wait: Duration, shutdown: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = shutdown.cancelled() => {}
    }
}

/// Between half of `pause` and all of it, so that instances do not come back all at once. The randomness of a UUID is
/// enough for that.
fn jittered(pause: Duration) -> Duration {
    let random = u32::from(uuid::Uuid::new_v4().as_bytes()[0]);
    pause / 2 + pause * random / 512
}
