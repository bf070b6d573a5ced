//! The journal: sends one round at a time to the log and finds out for certain what became of it.
//!
//! Exactly one job is in hand, on a connection of its own; the next is taken only when the outcome of the last is known
//! (two in flight would let version 6 take a lower position than version 5). An unknown outcome is settled here, however
//! long that takes: nobody is answered from it before.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use daybook_core::ids::{CommandId, Position};
use daybook_eventlog::append::{AppendError, Appended, Appender, CatchUp, Plan};
use daybook_eventlog::command::{KnownCommand, find_commands};
use daybook_eventlog::{Head, Identity, ReadError, Tip};
use time::OffsetDateTime;
use tokio::sync::mpsc;

use daybook_runtime::postgres;
use daybook_runtime::telemetry::error_chain;
use daybook_runtime::trouble::{Trouble, explain};

/// First pause before an unknown outcome is asked for again; doubled each time.
const SETTLE_PAUSE_MIN: Duration = Duration::from_millis(50);
/// Longest such pause.
const SETTLE_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Another instance's events that are read under the lock; beyond, the cache is dropped instead.
const CATCH_UP_EVENTS_MAX: u32 = 10_000;

/// What the journal is asked to do.
pub(crate) enum Job {
    /// Connects and compares the log with the last event that this instance knows.
    Connect {
        /// That event; `None` when nothing is known yet, or the log was empty.
        known: Option<Tip>,
        /// Whether a write must be committed too: the log took none last, and reading would not show it.
        write: bool,
    },
    /// Proves a round: appends its plan, or finds the head where it was expected.
    Prove(Proof),
    /// Takes the head's lock and reads what others appended.
    Lock {
        /// The last event that this instance knows.
        known: Option<Tip>,
    },
    /// Proves a round under the lock, and gives the lock back.
    ProveLocked(Proof),
}

/// A round as the journal needs it.
pub(crate) struct Proof {
    /// Its events; `None`: it has none.
    pub(crate) plan: Option<Arc<Plan>>,
    /// Where the head must stand.
    pub(crate) expected_head: Position,
    /// The last event that this instance knows.
    pub(crate) known: Option<Tip>,
    /// Command ids to look up first.
    pub(crate) lookups: Vec<CommandId>,
}

/// What became of a job.
pub(crate) enum Outcome {
    /// Connected; the log holds what this instance knows.
    Connected {
        /// Which log it is.
        identity: Identity,
        /// Where the log ends now.
        head: Head,
        /// Its last event.
        tip: Option<Tip>,
    },
    /// The round holds. With events: they were committed at this time.
    Proven {
        /// The time of all its events.
        recorded_at: Option<OffsetDateTime>,
        /// Those of the lookups that had their effect before.
        known: HashMap<CommandId, KnownCommand>,
    },
    /// Not yet the outcome: it is unknown, and being found out.
    Unsettled,
    /// Nothing was appended: these commands of the round had their effect before.
    Known(HashMap<CommandId, KnownCommand>),
    /// Nothing was appended: the head is elsewhere.
    HeadMoved,
    /// The head is locked.
    Locked(CatchUp),
    /// Nothing was appended: the log is not the one that this instance knew.
    HistoryLost(Tip),
    /// Nothing was appended: a version that the batch gives to an event is taken in its stream.
    VersionTaken(String),
    /// Nothing was appended: PostgreSQL refuses something in the batch.
    Refused(String),
    /// Nothing was appended: the log's time would lie in the future, after this event.
    ClockAhead(Position, String),
    /// Nothing was appended: the log takes nothing now.
    Away {
        /// The cause.
        trouble: Trouble,
        /// In words.
        why: String,
    },
}

/// Runs jobs, one at a time, until `jobs` is closed.
pub(crate) async fn run(
    mut appender: Appender,
    mut jobs: mpsc::Receiver<Job>,
    outcomes: mpsc::Sender<Outcome>,
) {
    while let Some(job) = jobs.recv().await {
        let outcome = perform(&mut appender, job, &outcomes).await.unwrap_or_else(outcome_of_error);
        if outcomes.send(outcome).await.is_err() {
            return;
        }
    }
}

async fn perform(
    appender: &mut Appender,
    job: Job,
    outcomes: &mpsc::Sender<Outcome>,
) -> Result<Outcome, AppendError> {
    match job {
        Job::Connect { known, write } => {
            appender.connect(known).await?;
            if write {
                appender.try_write().await?;
            }
            let (head, tip) = appender.head_and_tip().await?;
            let identity = appender.identity().await?;
            Ok(Outcome::Connected { head, tip, identity })
        }
        Job::Prove(proof) => {
            let known = look_up(appender, &proof.lookups).await?;
            match &proof.plan {
                Some(plan) if had_effect(plan, &known) => Ok(Outcome::Known(known)),
                Some(plan) => {
                    let appended = appender.append(plan).await;
                    settled(appender, &proof, plan, appended, known, outcomes).await
                }
                None if appender.head().await?.position == proof.expected_head => {
                    Ok(Outcome::Proven { recorded_at: None, known })
                }
                None => Ok(Outcome::HeadMoved),
            }
        }
        Job::Lock { known } => {
            Ok(Outcome::Locked(appender.lock_head(known, CATCH_UP_EVENTS_MAX).await?))
        }
        Job::ProveLocked(proof) => {
            let known = look_up(appender, &proof.lookups).await?;
            match &proof.plan {
                Some(plan) if had_effect(plan, &known) => {
                    appender.unlock().await;
                    Ok(Outcome::Known(known))
                }
                Some(plan) => {
                    let appended = appender.append_locked(plan).await;
                    settled(appender, &proof, plan, appended, known, outcomes).await
                }
                // While the lock was held nothing could change.
                None => {
                    appender.unlock().await;
                    Ok(Outcome::Proven { recorded_at: None, known })
                }
            }
        }
    }
}

/// Whether a command of the plan is among those that had their effect before.
fn had_effect(plan: &Plan, known: &HashMap<CommandId, KnownCommand>) -> bool {
    !known.is_empty() && plan.commands.iter().any(|c| known.contains_key(&c.command_id))
}

/// Turns the answer to an append into a certain outcome.
async fn settled(
    appender: &mut Appender,
    proof: &Proof,
    plan: &Plan,
    mut appended: Result<Appended, AppendError>,
    known: HashMap<CommandId, KnownCommand>,
    outcomes: &mpsc::Sender<Outcome>,
) -> Result<Outcome, AppendError> {
    if let Err(AppendError::Unknown(error)) = &appended {
        tracing::warn!(
            error = %error_chain(error), log.position = %plan.new_head,
            "the outcome of an append is unknown, finding out"
        );
        // Whoever does not listen any more shows when the outcome is sent.
        let _closed = outcomes.send(Outcome::Unsettled).await;
        appended = settle(appender, plan, proof.known).await;
    }
    match appended {
        Ok(Appended::Committed { recorded_at }) => {
            Ok(Outcome::Proven { recorded_at: Some(recorded_at), known })
        }
        Ok(Appended::HeadMoved) => Ok(Outcome::HeadMoved),
        Err(AppendError::CommandKnown) => {
            let ids: Vec<_> = plan.commands.iter().map(|c| c.command_id.clone()).collect();
            Ok(Outcome::Known(look_up(appender, &ids).await?))
        }
        Err(certain) => Err(certain),
    }
}

/// Asks until the outcome is certain. What cannot be reached now may have committed before.
async fn settle(
    appender: &mut Appender,
    plan: &Plan,
    known_tip: Option<Tip>,
) -> Result<Appended, AppendError> {
    let mut pause = SETTLE_PAUSE_MIN;
    loop {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(SETTLE_PAUSE_MAX);
        match appender.resolve(plan, known_tip).await {
            // A clock that is ahead now was not when the old statement was sent, which may still go in.
            Err(
                AppendError::Unknown(_)
                | AppendError::Away(_)
                | AppendError::Read(_)
                | AppendError::ClockAhead { .. },
            ) => {}
            certain => {
                // It may be another server now: the next job begins with a connection that is checked as a whole.
                appender.disconnect();
                return certain;
            }
        }
    }
}

async fn look_up(
    appender: &mut Appender,
    ids: &[CommandId],
) -> Result<HashMap<CommandId, KnownCommand>, AppendError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = find_commands(appender.connected()?, ids).await;
    if found.is_err() {
        appender.disconnect();
    }
    Ok(found?)
}

fn outcome_of_error(error: AppendError) -> Outcome {
    postgres::give_up_connections_after(&error);
    match error {
        AppendError::HistoryLost(tip) => Outcome::HistoryLost(tip),
        AppendError::VersionTaken(error) => Outcome::VersionTaken(error_chain(&error)),
        AppendError::ClockAhead { position, .. } => {
            Outcome::ClockAhead(position, error_chain(&error))
        }
        AppendError::Refused(error) => Outcome::Refused(error_chain(&error)),
        // The caller finds out in the next round; nothing was appended.
        AppendError::CommandKnown => Outcome::HeadMoved,
        AppendError::Away(error)
        | AppendError::Unknown(error)
        | AppendError::Read(ReadError::Database(error)) => Outcome::Away {
            trouble: Trouble::of(&error),
            why: explain("the log's database", &error),
        },
        AppendError::Read(
            error @ (ReadError::NoLog | ReadError::Corrupt { .. } | ReadError::Undecodable { .. }),
        ) => Outcome::Away { trouble: Trouble::Other, why: error_chain(&error) },
    }
}
