//! What gets committed events and states after the fact. Neither may hold up the decider, and neither is the truth: what
//! is lost here is read from the log.

use std::sync::Arc;

use daybook_core::domain::Domain;
use daybook_core::event::RecordedEvent;
use daybook_eventlog::Identity;
use daybook_eventlog::snapshot::{Snapshot, write_snapshots};
use daybook_outbox::{Origin, PublisherHandle};
use metrics::Counter;
use sqlx::PgPool;
use tokio::sync::mpsc;

use crate::decider::SnapshotState;
use crate::metrics::Metrics;
use daybook_runtime::telemetry::error_chain;

/// Snapshots that may wait to be written; beyond, new ones are dropped.
const SNAPSHOTS_WAITING_MAX: usize = 1024;
/// Snapshots of one statement.
const SNAPSHOTS_PER_WRITE: usize = 256;

/// The publisher and the writer of snapshots.
pub(crate) struct Sinks<D: Domain> {
    publisher: PublisherHandle,
    snapshots: mpsc::Sender<SnapshotState<D::State>>,
    snapshots_dropped: Counter,
}

impl<D: Domain> Sinks<D> {
    /// Starts a writer of snapshots, which ends when this value is dropped and everything is written.
    pub(crate) fn start(
        publisher: PublisherHandle,
        domain: Arc<D>,
        pool: PgPool,
        metrics: &Metrics,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (snapshots, waiting) = mpsc::channel(SNAPSHOTS_WAITING_MAX);
        let writer = tokio::spawn(write_all(domain, pool, waiting));
        let snapshots_dropped = metrics.snapshots_dropped.clone();
        (Self { publisher, snapshots, snapshots_dropped }, writer)
    }

    /// Hands committed events over to Redis.
    pub(crate) fn publish(&self, identity: Option<Identity>, events: Vec<RecordedEvent>) {
        if let Some(Identity { log_id, timeline, .. }) = identity {
            self.publisher.publish(Origin { log_id, timeline }, events);
        }
    }

    /// Has states of committed versions written, as far as there is room.
    pub(crate) fn write_snapshots(&self, states: Vec<SnapshotState<D::State>>) {
        for state in states {
            if self.snapshots.try_send(state).is_err() {
                self.snapshots_dropped.increment(1);
                tracing::debug!("a snapshot is dropped: too many wait to be written");
            }
        }
    }
}

async fn write_all<D: Domain>(
    domain: Arc<D>,
    pool: PgPool,
    mut waiting: mpsc::Receiver<SnapshotState<D::State>>,
) {
    let mut states = Vec::with_capacity(SNAPSHOTS_PER_WRITE);
    while waiting.recv_many(&mut states, SNAPSHOTS_PER_WRITE).await > 0 {
        let snapshots: Vec<Snapshot> =
            states.drain(..).filter_map(|state| encode(&*domain, state)).collect();
        if let Err(error) = write_snapshots(&pool, &snapshots).await {
            tracing::warn!(
                error = %error_chain(&error), snapshots = snapshots.len(),
                "failed to write snapshots; the streams are folded from further back"
            );
        }
    }
}

fn encode<D: Domain>(domain: &D, state: SnapshotState<D::State>) -> Option<Snapshot> {
    match domain.encode_state(&state.state) {
        Ok(text) => Some(Snapshot {
            fingerprint: domain.fingerprint(&state.stream_id),
            stream_id: state.stream_id,
            version: state.version,
            event_id: state.event_id,
            state: text,
            is_kept: state.is_kept,
        }),
        Err(error) => {
            tracing::error!(stream.id = %state.stream_id, %error, "a state cannot be written");
            None
        }
    }
}
