//! The decider: one task that decides all commands of this instance, in order, against the states in memory.
//!
//! Each command sees the effect of the ones before it, committed or not. What is decided while one round is in flight is
//! the next round: batches form by themselves, without a timer. Nothing is answered before its round is proven
//! ([`round`]); a round that fails takes everything decided after it back into the queue, in the old order, and every
//! stream that these touched out of the cache.
//!
//! **Several instances.** While this instance alone appends, a round proves itself by its compare-and-set. An instance that
//! loses it is *contended*: it decides only under the head's lock, after taking in what the others appended, where it
//! cannot lose again, until it has won [`UNOPPOSED_WINS`] times unopposed.
//!
//! **Crash points.** Before the append: nothing happened. After it: the events are committed and their callers unanswered;
//! a retry with the same command id gets the receipt. Before the hand-over to Redis: projectors read the log.

mod cache;
mod catch_up;
mod decide;
mod keyring;
mod loads;
mod outcome;
mod queue;
mod round;
mod seal;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use daybook_core::domain::Domain;
use daybook_core::ids::CommandId;
use daybook_eventlog::append::Plan;
use daybook_eventlog::{Head, Identity, Tip};
use daybook_keys::KeyStore;
use daybook_runtime::repeats::Repeats;
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use self::cache::Cache;
pub(crate) use self::round::SnapshotState;

use self::keyring::Keyring;
use self::loads::{Arrival, Loads};
use self::queue::{Numbered, Queue};
use self::round::{Decided, Round, Verdict};
use crate::journal::{Job, Outcome, Proof};
use crate::metrics::Metrics;
use crate::reach::Reach;
use crate::sinks::Sinks;
use crate::submission::{Refusal, Submission};

/// Wins in a row, with nothing appended by others, after which an instance stops taking the lock first.
const UNOPPOSED_WINS: u8 = 3;
/// Rounds that are looked up after a retry was met.
const RETRIES_EXPECTED: u8 = 32;
/// Rounds in which streams that are to be made are loaded first, after one was met that exists: who makes one thing twice
/// often makes many twice, and a load is cheaper than a batch that fails.
const TAKES_EXPECTED: u8 = 32;
/// Commands taken in at a time, before what is decided is sent.
const INTAKE_MAX: usize = 1024;
/// First pause before the log is asked again when it takes nothing; doubled each time.
const AWAY_PAUSE_MIN: Duration = Duration::from_millis(50);
/// Longest such pause.
const AWAY_PAUSE_MAX: Duration = Duration::from_secs(1);

/// Bounds of the decider.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of streams kept in memory.
    pub cache_bytes_max: usize,
    /// Events of one batch.
    pub batch_events_max: usize,
    /// Bytes of data and metadata of one batch.
    pub batch_bytes_max: usize,
    /// A snapshot is made whenever a stream's version passes a multiple of this; 0: never.
    pub snapshot_every: i64,
}

/// Where what a decision needs is loaded from.
pub(crate) struct Stores {
    pub(crate) log: PgPool,
    /// `None`: personal texts are recorded as they come.
    pub(crate) keys: Option<KeyStore>,
    /// Whether keys may be asked for: those of everybody who is forgotten are destroyed first.
    pub(crate) keys_open: watch::Receiver<bool>,
}

/// What the decider may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The log takes nothing until somebody has asked it again, not before this moment.
    Away { retry_at: Instant },
    /// No job is in hand.
    Idle,
    /// A job is in hand.
    Busy,
    /// The job in hand has an unknown outcome. What is decided now would lean on states that nobody knows.
    Unsettled,
    /// This instance holds the head's lock, and no job is in hand.
    Locked,
}

/// The log, as far as this instance knows it.
#[derive(Default)]
struct KnownLog {
    /// Where it ends; `None` before it was asked.
    head: Option<Head>,
    /// Its last event.
    tip: Option<Tip>,
    /// Which log it is, as of the last connection.
    identity: Option<Identity>,
}

/// How it is dealt with a log that takes nothing.
struct Outage {
    /// Pause before the log is asked again.
    pause: Duration,
    /// The log took no write last: it is up again when one was committed.
    owes_write: bool,
    repeats: Repeats,
}

/// What recent rounds have taught: cheaper than to fail again.
#[derive(Default)]
struct Caution {
    /// Rounds to be won unopposed before deciding ahead again; zero: not contended.
    wins_needed: u8,
    /// Rounds whose commands are all looked up before they are appended, because retries are about: a client that sends one
    /// command again often sends many. A look-up is cheaper than a batch that fails.
    retries_expected: u8,
    /// Rounds in which no stream is made without asking the log for it first.
    takes_expected: u8,
    /// Commands that a batch may have while a culprit is looked for.
    probation: Option<usize>,
}

impl Caution {
    /// A round was proven.
    fn relax(&mut self, batch_events_max: usize) {
        self.wins_needed = self.wins_needed.saturating_sub(1);
        self.retries_expected = self.retries_expected.saturating_sub(1);
        self.takes_expected = self.takes_expected.saturating_sub(1);
        let doubled = self.probation.map(|commands| commands * 2);
        self.probation = doubled.filter(|commands| *commands < batch_events_max);
    }
}

/// See the module.
pub(crate) struct Decider<D: Domain> {
    domain: Arc<D>,
    limits: Limits,
    cache: Cache<D::State>,
    loads: Loads<D>,
    keyring: Keyring,
    queue: Queue<D>,
    /// Decided since the last round was sent.
    building: Round<D>,
    /// Sent, not proven yet; its batch has become the plan.
    in_flight: Option<(Round<D>, Option<Arc<Plan>>)>,
    /// Ids accepted in one of these two rounds.
    accepted_ids: HashSet<CommandId>,
    /// Commands with such an id, which wait for what becomes of the first.
    followers: HashMap<CommandId, Vec<Numbered<D>>>,
    known: KnownLog,
    phase: Phase,
    outage: Outage,
    caution: Caution,
    sinks: Sinks<D>,
    jobs: mpsc::Sender<Job>,
    reach: watch::Sender<Reach>,
    /// When the round in flight was sent.
    sent_at: Instant,
    metrics: Metrics,
    clock_ahead_lines: Repeats,
}

impl<D: Domain> Decider<D> {
    /// A decider that loads streams and keys from `stores`, has its rounds proven through `jobs`, and tells through `reach`
    /// whether the log takes anything.
    pub(crate) fn new(
        domain: Arc<D>,
        limits: Limits,
        stores: Stores,
        sinks: Sinks<D>,
        jobs: mpsc::Sender<Job>,
        reach: watch::Sender<Reach>,
        metrics: Metrics,
    ) -> Self {
        Self {
            cache: {
                let domain = Arc::clone(&domain);
                Cache::new(limits.cache_bytes_max, move |state| domain.heap_bytes(state))
            },
            loads: Loads::new(Arc::clone(&domain), stores.log, metrics.cache_loads.clone()),
            keyring: Keyring::new(stores.keys, stores.keys_open),
            queue: Queue::new(),
            building: Round::default(),
            in_flight: None,
            accepted_ids: HashSet::new(),
            followers: HashMap::new(),
            phase: Phase::Away { retry_at: Instant::now() },
            known: KnownLog::default(),
            outage: Outage { pause: AWAY_PAUSE_MIN, owes_write: false, repeats: Repeats::new() },
            caution: Caution::default(),
            domain,
            limits,
            sinks,
            jobs,
            reach,
            sent_at: Instant::now(),
            metrics,
            clock_ahead_lines: Repeats::new(),
        }
    }

    /// Decides what comes through `inbox` until it is closed and everything in hand is answered.
    pub(crate) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Submission<D>>,
        mut outcomes: mpsc::Receiver<Outcome>,
    ) {
        let mut arrived = Vec::with_capacity(INTAKE_MAX);
        let mut open = true;
        loop {
            if !open {
                // Some callers did not wait, and nobody is to wait for their commands.
                self.queue.drop_taken_back();
            }
            self.proceed().await;
            if !open && self.is_done() {
                return;
            }
            let retry_at = match self.phase {
                Phase::Away { retry_at } => Some(retry_at),
                _ => None,
            };
            tokio::select! {
                outcome = outcomes.recv() => match outcome {
                    Some(outcome) => {
                        let proven = self.conclude(outcome);
                        // The log works on the next round while the callers of this one get their answers.
                        self.proceed().await;
                        if let Some(proven) = proven {
                            self.announce(proven);
                        }
                    }
                    // The journal is gone: nothing can be proven any more.
                    None => return,
                },
                arrival = self.loads.next() => self.take_in(arrival),
                () = self.keyring.next() => self.queue.unblock(),
                count = inbox.recv_many(&mut arrived, INTAKE_MAX), if open => {
                    open = count > 0;
                    arrived.drain(..).for_each(|submission| self.receive(submission));
                }
                () = tokio::time::sleep_until(retry_at.unwrap_or_else(Instant::now)),
                    if retry_at.is_some() => self.ask_again().await,
            }
        }
    }

    /// A command with the id of one in hand is not decided beside it: whatever becomes of that one, it is told of the same
    /// effect.
    fn receive(&mut self, submission: Submission<D>) {
        let numbered = self.queue.number(submission);
        let submission = &numbered.submission;
        if self.accepted_ids.contains(submission.command_id()) && !self.has_bare_hash(submission) {
            self.follow(numbered);
        } else {
            self.queue.push(numbered);
        }
    }

    /// Has a command wait for what becomes of the one in hand with its id.
    fn follow(&mut self, numbered: Numbered<D>) {
        if numbered.submission.ticket.take_in_hand() {
            let command_id = numbered.submission.command_id().clone();
            self.followers.entry(command_id).or_default().push(numbered);
        }
    }

    /// Does everything that can be done without waiting.
    async fn proceed(&mut self) {
        if self.may_decide() {
            self.decide_ready();
        }
        self.loads.start();
        self.keyring.start();
        match self.phase {
            Phase::Idle if !self.building.is_empty() => self.send_round(false).await,
            Phase::Idle if self.caution.wins_needed > 0 && self.queue.has_ready() => {
                let job = Job::Lock { known: self.known.tip };
                self.send(job).await;
            }
            // Also with nothing decided: the lock is given back.
            Phase::Locked => self.send_round(true).await,
            Phase::Idle | Phase::Busy | Phase::Unsettled | Phase::Away { .. } => {}
        }
    }

    /// A contended instance decides under the lock only: ahead of it, it would decide on states that others are changing.
    fn may_decide(&self) -> bool {
        match self.phase {
            Phase::Away { .. } | Phase::Unsettled => false,
            Phase::Locked => true,
            Phase::Idle | Phase::Busy => self.caution.wins_needed == 0 && self.known.head.is_some(),
        }
    }

    /// Sends everything decided so far to be proven.
    async fn send_round(&mut self, locked: bool) {
        let Some(head) = &self.known.head else { return };
        let mut round = std::mem::take(&mut self.building);
        let batch = std::mem::take(&mut round.batch);
        let plan = (!batch.events.is_empty()).then(|| Arc::new(Plan::new(batch, head)));
        let proof = Proof {
            plan: plan.clone(),
            expected_head: head.position,
            known: self.known.tip,
            lookups: round.may_be_retries(self.caution.retries_expected > 0),
        };
        self.in_flight = Some((round, plan));
        self.sent_at = Instant::now();
        let job = if locked { Job::ProveLocked(proof) } else { Job::Prove(proof) };
        self.send(job).await;
    }

    /// Asks the log, which took nothing a while ago, whether it does now.
    async fn ask_again(&mut self) {
        let job = Job::Connect { known: self.known.tip, write: self.outage.owes_write };
        self.send(job).await;
    }

    async fn send(&mut self, job: Job) {
        self.phase = Phase::Busy;
        // A closed channel shows as a closed `outcomes` at once.
        let _closed = self.jobs.send(job).await;
    }

    /// Streams that have arrived go into the cache, and the commands that waited for them are looked at again.
    fn take_in(&mut self, arrival: Arrival<D::State>) {
        match arrival {
            Arrival::Loaded(streams) => {
                for (stream_id, stream) in streams {
                    self.cache.insert(stream_id, stream.version, stream.state);
                }
                self.queue.unblock();
                self.shrink_cache();
            }
            Arrival::Unreadable(stream_id, error) => {
                // Its commands fail alone. It is not remembered: the next command tries again.
                for submission in self.queue.take_waiting_for(&stream_id) {
                    submission.ticket.answer(Err(Refusal::Defect(error.clone())));
                }
                self.queue.unblock();
            }
            Arrival::Again => {}
        }
    }

    /// Lets go of the streams that are too much, but of none that a waiting command leans on: two that need more streams
    /// together than there is room for would push out each other's for ever.
    fn shrink_cache(&mut self) {
        if self.cache.is_over_full() {
            let commands = self.queue.ready();
            let needed = commands.flat_map(|command| self.domain.streams(command, &self.cache));
            let needed = needed.collect();
            self.cache.shrink(&needed);
        }
    }

    /// Takes commands back that were decided and certainly had no effect.
    fn put_back(&mut self, decided: Vec<Decided<D>>) {
        let mut commands = Vec::with_capacity(decided.len());
        for Decided { numbered, verdict } in decided {
            if matches!(verdict, Verdict::Accepted { .. }) {
                self.put_back_followers(numbered.submission.command_id());
            }
            numbered.submission.ticket.put_back();
            commands.push(numbered);
        }
        self.queue.put_back(commands);
    }

    /// The first command of this id has no effect (yet): those that waited for it are commands of their own.
    fn put_back_followers(&mut self, command_id: &CommandId) {
        self.accepted_ids.remove(command_id);
        let followers = self.followers.remove(command_id).unwrap_or_default();
        for follower in &followers {
            follower.submission.ticket.put_back();
        }
        self.queue.put_back(followers);
    }

    /// Nothing is in hand. While the log is away nobody waits for what is not decided: the callers are gone by now.
    fn is_done(&self) -> bool {
        let away = matches!(self.phase, Phase::Away { .. });
        (away || self.queue.is_empty()) && self.building.is_empty() && self.in_flight.is_none()
    }
}
