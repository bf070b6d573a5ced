//! The projector's loop: open, then take the next events and apply them, until something fails; then wait and open
//! again. Redis is not in it: without messages the log is polled. A stop finishes the batch in hand.

use std::time::Duration;

use daybook_core::event::EventPayload;
use daybook_eventlog::Identity;
use daybook_outbox::Message;
use daybook_runtime::server::Health;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::checkpoint;
use crate::read_models::ApplyError;
use crate::session::{Desk, Session, SessionError};

/// How long somebody who lost a partition leaves it alone: long against the other one's batches.
const LET_GO: Duration = Duration::from_secs(1);

/// First pause after a failure that may pass; each further one doubles it.
const PAUSE_MIN: Duration = Duration::from_millis(50);

/// Longest pause: how late it is noticed that a database is back.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A database that does not answer at all is given up on, later than the server itself gives up on a statement.
const ANSWER_BOUND: Duration = Duration::from_secs(40);

/// Projects until `shutdown`.
pub(crate) async fn run<E: EventPayload>(
    desk: Desk<E>,
    identity: Identity,
    mut messages: mpsc::Receiver<Vec<Message>>,
    health: Health,
    shutdown: CancellationToken,
) {
    resume_what_stands(&desk, &shutdown).await;
    let mut pause = PAUSE_MIN;
    while !shutdown.is_cancelled() {
        let mut progress = false;
        let ended =
            session(&desk, identity, &mut messages, &health, &shutdown, &mut progress).await;
        let Err(error) = ended else { break };
        if progress {
            pause = PAUSE_MIN;
        }
        let wait = match &error {
            SessionError::Apply(ApplyError::Lost) => LET_GO,
            SessionError::Apply(ApplyError::Stopped) | SessionError::History => Duration::ZERO,
            _ => jittered(pause),
        };
        // A partition that stands or was lost says so itself; the others are being served.
        health.set(wait == Duration::ZERO || wait == LET_GO).await;
        let error = anyhow::Error::from(error);
        tracing::warn!(error = %format!("{error:#}"), ?wait, "projecting was interrupted");
        pause = (pause * 2).min(PAUSE_MAX);
        wait_or_stop(wait, &shutdown).await;
    }
}

/// One session, to its first failure or to the stop.
async fn session<E: EventPayload>(
    desk: &Desk<E>,
    identity: Identity,
    messages: &mut mpsc::Receiver<Vec<Message>>,
    health: &Health,
    shutdown: &CancellationToken,
    progress: &mut bool,
) -> Result<(), SessionError> {
    let mut session = bounded(Session::open(desk, identity)).await?;
    health.set(true).await;
    loop {
        let events = tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(()),
            events = bounded(session.next(messages)) => events?,
        };
        bounded(session.apply(&events)).await?;
        *progress = true;
    }
}

/// Partitions that stand get another try with every start of the process, which may be a better build.
async fn resume_what_stands<E>(desk: &Desk<E>, shutdown: &CancellationToken) {
    for projection in &desk.projections {
        while let Err(error) = checkpoint::resume(&desk.read, projection.as_ref()).await {
            let projection = projection.name();
            tracing::warn!(projection.name = projection, %error, "cannot read the checkpoints yet");
            wait_or_stop(PAUSE_MAX, shutdown).await;
            if shutdown.is_cancelled() {
                return;
            }
        }
    }
}

async fn bounded<T>(
    work: impl Future<Output = Result<T, SessionError>>,
) -> Result<T, SessionError> {
    match tokio::time::timeout(ANSWER_BOUND, work).await {
        Ok(done) => done,
        Err(_) => Err(ApplyError::Passing(sqlx::Error::PoolTimedOut).into()),
    }
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
