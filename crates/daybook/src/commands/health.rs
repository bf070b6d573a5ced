//! `daybook health`

use clap::Args;
use serde::Serialize;
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::cli::Globals;
use crate::client::endpoint;
use crate::failure::Failure;
use crate::output::{Printer, Record, describe};

/// Flags of `health`.
#[derive(Debug, Args)]
pub(crate) struct HealthArgs {
    /// Where the service listens for gRPC, such as http://127.0.0.1:7401.
    url: String,

    /// What is asked for: `liveness`, or a part such as `daybook.redis`. Default: readiness, whether calls can succeed.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    service: String,
}

/// What a service says of itself.
#[derive(Serialize)]
struct HealthView {
    url: String,
    service: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

impl Record for HealthView {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("status", self.status.to_owned())];
        fields.extend(self.cause.iter().map(|cause| ("cause", cause.clone())));
        fields
    }
}

/// Asks once, within `--timeout`; anything but SERVING fails, no answer included, since to an orchestrator it is the same.
pub(crate) async fn run(globals: &Globals, args: HealthArgs) -> Result<(), Failure> {
    let HealthArgs { url, service } = args;
    let asking = ask(endpoint("URL", &url)?, service.clone());
    let asked = tokio::time::timeout(globals.budget(), asking).await;
    let answer = asked.unwrap_or_else(|_| {
        let message = format!("no answer within {} s", globals.timeout);
        Err(Status::deadline_exceeded(message))
    });
    let (status, cause) = match answer {
        Ok(status) => (status.as_str_name(), None),
        Err(error) if error.code() == Code::NotFound => {
            (ServingStatus::ServiceUnknown.as_str_name(), Some(describe(&error)))
        }
        Err(error) => ("NO_ANSWER", Some(describe(&error))),
    };
    Printer { json: globals.json }.record(&HealthView { url, service, status, cause })?;
    if status == ServingStatus::Serving.as_str_name() { Ok(()) } else { Err(Failure::Reported) }
}

async fn ask(endpoint: Endpoint, service: String) -> Result<ServingStatus, Status> {
    let mut client = HealthClient::new(endpoint.connect_lazy());
    Ok(client.check(HealthCheckRequest { service }).await?.into_inner().status())
}
