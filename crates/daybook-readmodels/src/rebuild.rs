//! Rebuilding read models: a new generation of a projection's tables is filled beside the live one, and takes its place
//! in one short transaction. Queries go on throughout, on the old rows until the swap and on the new ones after.
//!
//! 1. `fill`: one reader pages through the log and deals events by partition to workers, which fold them in memory and
//!    write rows with COPY;
//! 2. keys and indexes;
//! 3. `catch_up`: what was appended meanwhile, page by page, rows and checkpoints in one transaction;
//! 4. `verify`, where asked for: the new generation against the live one, row by row, at one same position;
//! 5. `swap`: the live checkpoints are locked, what is left is applied, the live checkpoints are retired, the current
//!    generation moves. Projectors meet the retired checkpoint and go on in the new generation.
//!
//! `check` stops after step 4 and throws the new generation away: it only says whether the live one is right.
//!
//! `roll_back` goes back to a kept generation by steps 3 and 5. `generations` says which there are, `clean` drops those
//! that nobody needs, `outdated` lets go of kept ones that still have what was erased; `tries` says when steps 4 and 5, which
//! projectors may be in the way of, are begun again.
//!
//! Until step 5 commits the live model is untouched, whatever happens; a rebuild that was stopped before leaves tables
//! behind that the next one drops, and that one starts clean.

mod build;
mod catch_up;
mod check;
mod clean;
mod compare;
mod filed;
mod fill;
mod generations;
mod outdated;
mod permitted;
mod progress;
mod roll_back;
mod session;
mod swap;
mod tries;
mod verify;
mod worker;

use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use daybook_core::event::EventPayload;
use daybook_core::ids::Position;
use daybook_core::partition::Partition;
use daybook_eventlog::{LogReader, ReadError, ReplayError};
use daybook_keys::{KeyStore, KeyStoreError};
use daybook_runtime::postgres::{self, Connector};
use futures::future::try_join_all;
use sqlx::PgPool;
use tokio::sync::Semaphore;

pub use check::{Checked, Verdict};
pub use clean::{Dropped, clean};
pub use compare::{Difference, Mismatch};
pub use filed::Misfiled;
pub(crate) use outdated::let_go_of_outdated;
pub use progress::{Phase, Progress, Watch};

use crate::failure;
use crate::projection::{FoldError, Generation, Projection};
use crate::skips::{Skips, SkipsError};
use build::Build;
use session::Builder;

/// Longest that a query may be at work on the tables of a generation: the query service's own limit is at most this.
pub const QUERY_TIME_MAX: Duration = Duration::from_secs(60);

/// Connections beside those of the workers and the builder's own.
const CONNECTIONS_MAX: u32 = 4;

/// Indexes that are made at the same time, at most: each has a connection, and may take `maintenance_work_mem`.
const INDEXING_MAX: usize = 4;

/// An index of a large table takes a while; whoever waits for one sees the phase.
const STATEMENT_TIMEOUT: &str = "6h";

/// Memory that row changes may take, unless told otherwise.
pub const MEMORY_BYTES: usize = 128 * 1024 * 1024;

/// Where the log and the read models are, and what a rebuild may use.
#[derive(Debug, Clone)]
pub struct Rebuilder {
    log: LogReader,
    read: PgPool,
    keys: Option<KeyStore>,
    connector: Connector,
    workers: usize,
    memory_bytes: usize,
}

/// What is asked of a rebuild.
#[derive(Debug, Clone, Default)]
pub struct RebuildOptions {
    /// Fold only events after this position, where the projections allow it.
    pub after: Position,
    /// Fold only events of streams of these types, where the projections read no others; empty: all.
    pub stream_types: Vec<String>,
    /// Compare with the live generation before the swap, and do not swap where they differ.
    pub verify: bool,
    /// Keep the generation that is replaced, to roll back to.
    pub keep_old: bool,
}

/// What became of one projection.
#[derive(Debug, Clone)]
pub struct Rebuilt {
    /// The projection that was rebuilt.
    pub projection: &'static str,
    /// What was current before.
    pub from: Generation,
    /// What was built.
    pub to: Generation,
    /// Rows that differ from the live generation; where there are any, `to` was thrown away and `from` is current.
    pub differences: Vec<Difference>,
    /// How many there are; the first ones are listed.
    pub differences_total: i64,
}

/// Why a rebuild or a rollback did not come to its end. The live generation is what it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// It cannot be done as it was asked for.
    #[error("projection `{projection}` {why}")]
    Refused {
        /// The projection that cannot be rebuilt.
        projection: &'static str,
        /// Why, and what would be right.
        why: String,
    },
    /// An event that the projection cannot apply, as it could not live.
    #[error("projection `{projection}` cannot apply the event at position {position}")]
    Event {
        /// The projection that cannot be rebuilt.
        projection: &'static str,
        /// Where the event is.
        position: Position,
        /// Why.
        #[source]
        source: FoldError,
    },
    /// Rows without the words would look as if somebody had been forgotten.
    #[error(
        "the event at position {position} has a sealed reason, and no key store is named: start with --keys-database-url"
    )]
    NoKeyStore {
        /// Where the event is.
        position: Position,
    },
    /// The key store is away, or refused.
    #[error("failed to open personal texts")]
    Keys(#[from] KeyStoreError),
    /// Some events change rows that no earlier event has made.
    #[error(
        "projection `{projection}`: {expected} rows should have changed, {changed} did; an event before position \
         {before} changes a row that no event has made"
    )]
    RowMissing {
        /// The projection that cannot be rebuilt.
        projection: &'static str,
        /// Rows given.
        expected: u64,
        /// Rows changed.
        changed: u64,
        /// The log was read up to here.
        before: Position,
    },
    /// Its rows were folded from events that the log does not hold.
    #[error(
        "projection `{projection}` cannot be verified: its live generation, at position {position}, is ahead of the log, \
         which was restored"
    )]
    AheadOfLog {
        /// The projection that cannot be rebuilt.
        projection: &'static str,
        /// Where one of its partitions is.
        position: Position,
    },
    /// The session to the read models' database was lost, or somebody took over.
    #[error(
        "the generation is no longer this rebuild's: its database session was lost, or somebody else took over"
    )]
    Lost,
    /// The log is away, or lacks events.
    #[error(transparent)]
    Log(#[from] ReplayError),
    /// What operators have permitted to be left out cannot be known.
    #[error("failed to read which events may be left out")]
    Skips(#[from] SkipsError),
    /// The read models' database is away, or refused.
    #[error("failed to write the read models")]
    Database(#[from] sqlx::Error),
    /// A worker panicked.
    #[error("a worker of the rebuild panicked")]
    Panicked,
}

impl RebuildError {
    /// Whether it is the fault of an event, or of the projection's code: the same would fail again.
    fn is_of_an_event(&self) -> bool {
        match self {
            Self::Event { .. } | Self::RowMissing { .. } | Self::Panicked => true,
            Self::Database(error) => !failure::passes(error),
            _ => false,
        }
    }

    /// Whether the same may succeed later.
    fn passes(&self) -> bool {
        match self {
            Self::Database(error) | Self::Keys(KeyStoreError::Database(error)) => {
                failure::passes(error)
            }
            _ => false,
        }
    }
}

impl From<ReadError> for RebuildError {
    fn from(error: ReadError) -> Self {
        Self::Log(error.into())
    }
}

impl Rebuilder {
    /// A rebuilder over the two databases, with a role that may read the log and owns the read models. Connects when
    /// first used.
    ///
    /// # Errors
    /// When a URL is malformed.
    pub fn new(log_url: &str, read_url: &str) -> Result<Self, postgres::InvalidUrl> {
        let workers = std::thread::available_parallelism().map_or(2, NonZeroUsize::get).clamp(2, 8);
        let connector = Connector::new(read_url, "daybook-rebuild")?
            // What a crash takes back is folded again, and the swap says itself that it waits for the disk.
            .setting("synchronous_commit", "off")
            .setting("statement_timeout", STATEMENT_TIMEOUT)
            // Several indexes are made side by side; several processes for one would write its rows to disk to merge them.
            .setting("max_parallel_maintenance_workers", "0")
            // ANALYZE of new tables looks at 7,500 rows of each, which is enough to plan by; autovacuum's comes with time.
            .setting("default_statistics_target", "25")
            // Whoever runs it, the tables belong to the projector, which drops them one day.
            .setting("role", "daybook_projector");
        let read = connector
            .pool_options()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(Duration::from_secs(10))
            .connect_lazy_with(connector.options());
        let log = LogReader::new(postgres::pool(log_url, "daybook-rebuild", 2)?);
        let (keys, memory_bytes) = (None, MEMORY_BYTES);
        Ok(Self { log, read, keys, connector, workers, memory_bytes })
    }

    /// Finds words of sealed reasons with these keys. Without, a read model that needs them is not built where there is one.
    #[must_use]
    pub fn keys(mut self, keys: Option<KeyStore>) -> Self {
        self.keys = keys;
        self
    }

    /// Lets row changes take about this much memory, in bytes, before they are written. Less costs time where there are
    /// many accounts.
    #[must_use]
    pub fn memory_bytes(mut self, bytes: usize) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// The log that is read.
    #[must_use]
    pub fn log(&self) -> &LogReader {
        &self.log
    }

    /// Builds the next generation of each projection and makes it current, all of them from one reading of the log.
    ///
    /// # Errors
    /// When it cannot be done as asked, or something fails on the way. Projections that were swapped before stay so.
    pub async fn rebuild<E: EventPayload>(
        &self,
        projections: &[Arc<dyn Projection<E>>],
        options: &RebuildOptions,
        watch: &Watch,
    ) -> Result<Vec<Rebuilt>, RebuildError> {
        check(projections, options)?;
        self.clean(projections, QUERY_TIME_MAX).await?;
        let mut builder = Builder::connect(&self.connector).await?;
        let builds = self.begin(&mut builder, projections, options.after, None).await?;
        let work = self.build_and_swap(&builds, options, builder.id(), watch);
        let done = tokio::select! {
            done = work => done,
            lost = builder.keep(&builds, watch) => Err(lost),
        };
        // Those that did not become current are nobody's any more.
        builder.abandon(&builds).await;
        if done.is_err() || options.verify {
            let dropped = self.clean(projections, QUERY_TIME_MAX).await;
            dropped.inspect_err(|error| tracing::warn!(%error, "an abandoned build is left to the next rebuild")).ok();
        }
        done
    }

    /// Begins a build of each projection, or of none.
    async fn begin<E: EventPayload>(
        &self,
        builder: &mut Builder,
        projections: &[Arc<dyn Projection<E>>],
        after: Position,
        partitions: Option<&[Partition]>,
    ) -> Result<Vec<Arc<Build<E>>>, RebuildError> {
        let mut builds = Vec::new();
        for projection in projections {
            let begun = async {
                let skips = Skips::load(&self.log, projection.name()).await?;
                builder.begin(projection, after, skips).await
            };
            match begun.await {
                Ok(mut build) => {
                    build.partitions = partitions.map(<[_]>::to_vec);
                    builds.push(Arc::new(build));
                }
                Err(error) => {
                    builder.abandon(&builds).await;
                    return Err(error);
                }
            }
        }
        Ok(builds)
    }

    async fn build_and_swap<E: EventPayload>(
        &self,
        builds: &[Arc<Build<E>>],
        options: &RebuildOptions,
        builder: session::Id,
        watch: &Watch,
    ) -> Result<Vec<Rebuilt>, RebuildError> {
        if options.verify {
            for build in builds {
                if let Some(position) = self.ahead_of_log(build).await? {
                    let projection = build.name();
                    return Err(RebuildError::AheadOfLog { projection, position });
                }
            }
        }
        let limits = self.limits(builds, options.verify).await?;
        let mut frontiers = self.fill(builds, &limits, watch).await?;
        self.index(builds, watch).await?;
        let mut rebuilt = Vec::new();
        for (build, frontier) in builds.iter().zip(&mut frontiers) {
            generations::insert_reached(&self.read, build, frontier).await?;
            let comparison = if options.verify {
                Some(self.verify(build, frontier, watch).await?)
            } else {
                None
            };
            let comparison = comparison.unwrap_or_default();
            if comparison.total == 0 {
                self.swap(build, frontier, options.keep_old, builder, watch).await?;
            }
            rebuilt.push(Rebuilt {
                projection: build.name(),
                from: build.live,
                to: build.generation,
                differences: comparison.differences,
                differences_total: comparison.total,
            });
        }
        watch.enter(Phase::Done);
        Ok(rebuilt)
    }

    async fn index<E: EventPayload>(
        &self,
        builds: &[Arc<Build<E>>],
        watch: &Watch,
    ) -> Result<(), RebuildError> {
        watch.enter(Phase::Indexing);
        let turns = Semaphore::new(self.workers.min(INDEXING_MAX));
        // Turns are taken in order: whoever has most to do begins.
        let mut builds: Vec<_> = builds.iter().collect();
        builds.sort_by_key(|build| Reverse(build.tables().indexes(build.generation).len()));
        try_join_all(builds.into_iter().map(|build| build.finish_tables(&self.read, &turns)))
            .await?;
        Ok(())
    }
}

/// What the command line alone cannot know: what each projection allows.
fn check<E>(
    projections: &[Arc<dyn Projection<E>>],
    options: &RebuildOptions,
) -> Result<(), RebuildError> {
    for projection in projections {
        let refuse =
            |why: String| Err(RebuildError::Refused { projection: projection.name(), why });
        if options.after > Position::ZERO && !projection.may_begin_late() {
            return refuse(
                "needs the whole log: its rows mean nothing without the events before a position"
                    .to_owned(),
            );
        }
        if options.after > Position::ZERO && options.verify {
            return refuse(
                "cannot be verified where it begins late: the live rows go further back".to_owned(),
            );
        }
        let missing = |needed: &&&str| !options.stream_types.iter().any(|given| given == **needed);
        if !options.stream_types.is_empty()
            && let Some(missing) = projection.stream_types().iter().find(missing)
        {
            return refuse(format!(
                "needs the events of `{missing}` streams, which --stream-type leaves out"
            ));
        }
    }
    Ok(())
}
