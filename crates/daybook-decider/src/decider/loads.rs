//! Streams on their way from the log into the cache.
//!
//! Many streams are loaded by one query, a few queries at a time, on connections of their own: deciding never waits for
//! them. A load may have read a stream just before another instance appended to it, and arrive after this instance has
//! caught up with that append; such a stream is tainted while it is on its way, and loaded again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use daybook_core::domain::Domain;
use daybook_core::stream::StreamId;
use daybook_eventlog::ReadError;
use daybook_eventlog::load::{LoadedStream, load_streams};
use metrics::Counter;
use sqlx::PgPool;
use tokio::task::JoinSet;

use daybook_runtime::telemetry::error_chain;

/// Streams of one query.
const STREAMS_PER_LOAD: usize = 256;
/// Queries at a time.
const LOADS_MAX: usize = 4;
/// Pause after a load that failed, so that a log that is away is not asked in a tight loop.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// What a load came to.
pub(super) enum Arrival<S> {
    Loaded(Vec<(StreamId, LoadedStream<S>)>),
    /// This stream holds an event that cannot be read: nothing can be decided on it.
    Unreadable(StreamId, String),
    /// It failed, and what it was to bring is asked for again.
    Again,
}

type LoadResult<S> = (Vec<StreamId>, Result<HashMap<StreamId, LoadedStream<S>>, ReadError>);

/// See the module.
pub(super) struct Loads<D: Domain> {
    domain: Arc<D>,
    pool: PgPool,
    /// Asked for, not sent yet.
    wanted: Vec<StreamId>,
    /// All that are asked for or on their way.
    expected: HashSet<StreamId>,
    tainted: HashSet<StreamId>,
    /// Loads that failed because of one stream among them: each is loaded by itself.
    alone: Vec<StreamId>,
    running: JoinSet<LoadResult<D::State>>,
    loads: Counter,
}

impl<D: Domain> Loads<D> {
    /// Loads through `pool`, and counts the streams in `loads`.
    pub(super) fn new(domain: Arc<D>, pool: PgPool, loads: Counter) -> Self {
        Self {
            domain,
            pool,
            wanted: Vec::new(),
            expected: HashSet::new(),
            tainted: HashSet::new(),
            alone: Vec::new(),
            running: JoinSet::new(),
            loads,
        }
    }

    /// Asks for a stream, once.
    pub(super) fn want(&mut self, stream_id: &StreamId) {
        if self.expected.insert(stream_id.clone()) {
            self.wanted.push(stream_id.clone());
        }
    }

    /// Whether a stream is asked for or on its way.
    pub(super) fn is_expected(&self, stream_id: &StreamId) -> bool {
        self.expected.contains(stream_id)
    }

    /// A stream changed in the log: what is on its way of it may be stale.
    pub(super) fn taint(&mut self, stream_id: &StreamId) {
        if self.expected.contains(stream_id) {
            self.tainted.insert(stream_id.clone());
        }
    }

    /// Anything may have changed in the log.
    pub(super) fn taint_all(&mut self) {
        self.tainted.extend(self.expected.iter().cloned());
    }

    /// Sends what is wanted, as far as the limits allow.
    pub(super) fn start(&mut self) {
        while self.running.len() < LOADS_MAX {
            let streams = match self.alone.pop() {
                Some(stream_id) => vec![stream_id],
                None => {
                    // The longest waiting first.
                    let rest = self.wanted.split_off(self.wanted.len().min(STREAMS_PER_LOAD));
                    std::mem::replace(&mut self.wanted, rest)
                }
            };
            if streams.is_empty() {
                return;
            }
            // What is read from now on is no longer older than what tainted it.
            for stream_id in &streams {
                self.tainted.remove(stream_id);
            }
            self.loads.increment(streams.len() as u64);
            let (domain, pool) = (Arc::clone(&self.domain), self.pool.clone());
            self.running.spawn(async move {
                let loaded = load_streams(&pool, &*domain, &streams).await;
                if matches!(loaded, Err(ReadError::Database(_) | ReadError::NoLog)) {
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
                (streams, loaded)
            });
        }
    }

    /// The next load that ends; for ever pending while none is running.
    pub(super) async fn next(&mut self) -> Arrival<D::State> {
        match self.running.join_next().await {
            Some(Ok((streams, Ok(loaded)))) => self.arrived(streams, loaded),
            Some(Ok((streams, Err(error)))) => self.failed(streams, &error),
            // Folding panicked: a defect, and its list of streams is lost. Without them their commands would wait for ever.
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            None => std::future::pending().await,
        }
    }

    fn failed(&mut self, streams: Vec<StreamId>, error: &ReadError) -> Arrival<D::State> {
        let is_of_a_stream =
            matches!(error, ReadError::Corrupt { .. } | ReadError::Undecodable { .. });
        let error = error_chain(error);
        if is_of_a_stream && let [stream_id] = &streams[..] {
            tracing::error!(stream.id = %stream_id, %error, "a stream cannot be read");
            self.expected.remove(stream_id);
            self.tainted.remove(stream_id);
            return Arrival::Unreadable(stream_id.clone(), error);
        }
        tracing::warn!(%error, streams = streams.len(), "failed to load streams, trying again");
        if is_of_a_stream {
            self.alone.extend(streams);
        } else {
            self.wanted.extend(streams);
        }
        Arrival::Again
    }

    fn arrived(
        &mut self,
        streams: Vec<StreamId>,
        mut loaded: HashMap<StreamId, LoadedStream<D::State>>,
    ) -> Arrival<D::State> {
        let mut fit = Vec::with_capacity(streams.len());
        for stream_id in streams {
            if self.tainted.remove(&stream_id) {
                self.wanted.push(stream_id);
            } else if let Some(stream) = loaded.remove(&stream_id) {
                self.expected.remove(&stream_id);
                fit.push((stream_id, stream));
            }
        }
        Arrival::Loaded(fit)
    }
}
