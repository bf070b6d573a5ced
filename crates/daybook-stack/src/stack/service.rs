//! The services: their names, their roles, and when one is up.

use std::time::Duration;

use anyhow::Context;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How long a service may take until it serves.
const START_BOUND: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// One of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Takes commands.
    Command,
    /// Fills the read models.
    Projector,
    /// Answers questions.
    Query,
    /// Hashes and signs the log; where it is wanted.
    Prover,
}

impl Service {
    /// Those that every stack runs, in the order in which data flows.
    pub const ALL: [Self; 3] = [Self::Command, Self::Projector, Self::Query];

    /// As it is called in logs here.
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Projector => "projector",
            Self::Query => "query",
            Self::Prover => "prover",
        }
    }

    /// Its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Command => "daybook-command",
            Self::Projector => "daybook-projector",
            Self::Query => "daybook-query",
            Self::Prover => "daybook-prover",
        }
    }

    /// Its role in the database.
    pub fn role(self) -> &'static str {
        match self {
            Self::Command => "daybook_command",
            Self::Projector => "daybook_projector",
            Self::Query => "daybook_query",
            Self::Prover => "daybook_prover",
        }
    }
}

/// Returns when the service at `port` says that it serves.
pub(super) async fn serving(port: u16) -> anyhow::Result<()> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{port}"))
        .context("make the service's address")?;
    let asking = async {
        loop {
            if let Ok(channel) = endpoint.connect().await {
                let request = HealthCheckRequest { service: String::new() };
                let answer = HealthClient::new(channel).check(request).await;
                if answer.is_ok_and(|a| a.into_inner().status() == ServingStatus::Serving) {
                    return;
                }
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::time::timeout(START_BOUND, asking)
        .await
        .with_context(|| format!("it did not serve within {START_BOUND:?}"))
}
