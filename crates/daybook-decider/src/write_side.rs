//! What works on commands, once the log is reached, and how it is put together.

use std::sync::Arc;
use std::time::Duration;

use daybook_core::domain::Domain;
use daybook_eventlog::Identity;
use daybook_eventlog::append::Appender;
use daybook_keys::KeyStore;
use daybook_outbox::{Publisher, PublisherSettings, RedisError, RedisServer};
use daybook_runtime::postgres::Connector;
use sqlx::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::decider::{Decider, Limits, Stores};
use crate::journal;
use crate::metrics::Metrics;
use crate::reach::Reach;
use crate::sinks::Sinks;
use crate::submission::Submission;

/// What it takes to decide commands.
pub struct Setup<D> {
    /// What decides.
    pub domain: Arc<D>,
    /// The bounds of deciding.
    pub limits: Limits,
    /// Commands that may be in hand at a time.
    pub commands_max: usize,
    /// How far the clock of the log's database may be ahead of this machine's.
    pub clock_ahead_max: Duration,
    /// Where events are handed over.
    pub redis: RedisServer,
    /// The log: streams are loaded from it, and snapshots written to it.
    pub log: PgPool,
    /// The log: one connection of this appends.
    pub append: Connector,
    /// The keys of data subjects; `None`: personal texts are recorded as they come.
    pub keys: Option<KeyStore>,
}

/// The tasks that decide, append and hand over, and the ways to them.
pub struct WriteSide<D: Domain> {
    /// Where commands are submitted. When all senders are gone, the decider finishes what it has in hand and ends.
    pub submissions: mpsc::Sender<Submission<D>>,
    /// Whether the log takes what it is sent.
    pub reach: watch::Receiver<Reach>,
    /// Whether keys may be asked for; it starts with no.
    pub keys_open: watch::Sender<bool>,
    /// Ends after the last command is answered; before that it has broken down.
    pub decider: JoinHandle<()>,
    /// Ends with the decider; before that it has broken down.
    pub journal: JoinHandle<()>,
    /// Ends with the decider, when all snapshots are written.
    pub snapshot_writer: JoinHandle<()>,
    /// Ends when `publisher_stop` is cancelled.
    pub publisher: JoinHandle<()>,
    /// See `publisher`.
    pub publisher_stop: CancellationToken,
    /// Whether Redis is reached.
    pub redis: watch::Receiver<bool>,
}

impl<D: Domain> WriteSide<D> {
    /// Starts them.
    ///
    /// # Errors
    /// When no connection to Redis can be prepared.
    pub fn start(
        setup: Setup<D>,
        identity: &Identity,
        metrics: &Metrics,
    ) -> Result<Self, RedisError> {
        let Setup { domain, limits, commands_max, clock_ahead_max, redis, log, append, keys } =
            setup;
        let (handle, publisher) = Publisher::new(PublisherSettings::new(
            redis,
            identity.log_id,
            identity.partition_count,
        ))?;
        let publisher_stop = CancellationToken::new();
        let publisher = tokio::spawn(publisher.run(publisher_stop.clone()));
        let redis = handle.reached();
        let (sinks, snapshot_writer) =
            Sinks::start(handle, Arc::clone(&domain), log.clone(), metrics);
        let (jobs, job_inbox) = mpsc::channel(1);
        let (outcomes, outcome_inbox) = mpsc::channel(1);
        let (reach_sender, reach) = watch::channel(Reach::Starting);
        let (keys_open, keys_are_open) = watch::channel(false);
        let (submissions, inbox) = mpsc::channel(commands_max);
        let appender = Appender::new(append.options())
            .clock_ahead_max(clock_ahead_max)
            .after_connect(move |connection| {
                let append = append.clone();
                Box::pin(async move { append.check(connection).await })
            });
        let journal = tokio::spawn(journal::run(appender, job_inbox, outcomes));
        let stores = Stores { log, keys, keys_open: keys_are_open };
        let metrics = metrics.clone();
        let decider = Decider::new(domain, limits, stores, sinks, jobs, reach_sender, metrics);
        let decider = tokio::spawn(decider.run(inbox, outcome_inbox));
        Ok(Self {
            submissions,
            reach,
            keys_open,
            decider,
            journal,
            snapshot_writer,
            publisher,
            publisher_stop,
            redis,
        })
    }
}
