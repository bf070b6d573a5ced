//! What `grpc.health.v1` answers, from the first moment on.
//!
//! - `""` and the service's own name: readiness. SERVING while calls can succeed.
//! - `liveness`: SERVING as long as there is an answer at all; an orchestrator restarts the process without one.
//! - `daybook.NAME`: one thing that the service depends on, or that it does. None of these changes readiness, so that one
//!   stopped partition does not take all replicas out of use.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health as HealthApi, HealthServer};
use tonic_health::server::HealthReporter;

/// Answers as long as the event loop runs.
const LIVENESS: &str = "liveness";

/// What `grpc.health.v1` answers. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    reporter: HealthReporter,
    service_name: String,
    parts: Arc<Mutex<BTreeSet<String>>>,
    stopping: CancellationToken,
}

impl Health {
    /// Says NOT_SERVING until told otherwise; and what is to be served.
    pub(crate) async fn new(service_name: &str) -> (Self, HealthServer<impl HealthApi>) {
        let (reporter, server) = tonic_health::server::health_reporter();
        let health = Self {
            reporter,
            service_name: service_name.to_owned(),
            parts: Arc::default(),
            stopping: CancellationToken::new(),
        };
        health.set(false).await;
        health.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        (health, server)
    }

    /// Says SERVING or NOT_SERVING from now on. A server that is stopping says NOT_SERVING, whatever it is told.
    pub async fn set(&self, serving: bool) {
        let status = self.status(serving);
        self.reporter.set_service_status("", status).await;
        self.reporter.set_service_status(&self.service_name, status).await;
    }

    /// The same for `daybook.PART`.
    pub async fn set_part(&self, part: &str, serving: bool) {
        let name = format!("daybook.{part}");
        self.reporter.set_service_status(&name, self.status(serving)).await;
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    }

    /// Says SERVING while `ready` is true, until nothing sends to it any more.
    pub async fn follow(self, mut ready: watch::Receiver<bool>) {
        loop {
            let serving = *ready.borrow_and_update();
            self.set(serving).await;
            if ready.changed().await.is_err() {
                return;
            }
        }
    }

    fn status(&self, serving: bool) -> ServingStatus {
        if serving && !self.stopping.is_cancelled() {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        }
    }

    /// Says NOT_SERVING for good, and ends the calls that watch: they would hold up the stop for ever.
    pub(crate) async fn stop(&mut self) {
        self.stopping.cancel();
        let parts = std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner));
        let own = ["".to_owned(), self.service_name.clone()];
        for name in parts.iter().chain(&own) {
            self.reporter.set_service_status(name, ServingStatus::NotServing).await;
        }
        for name in parts.iter().map(String::as_str).chain(["", LIVENESS]) {
            self.reporter.clear_service_status(name).await;
        }
        self.reporter.clear_service_status(&self.service_name).await;
        self.set(false).await;
        self.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
    }
}
