//! Asks the query service. Questions change nothing, so each is asked again while there is no answer.

use std::sync::{Arc, Once};
use std::time::Duration;

use daybook_proto::v1;
use tonic::transport::Channel;
use tonic::{Request, Response};
use v1::query_service_client::QueryServiceClient;

use super::retry::{self, CallError};
use super::{Service, channel};
use crate::failure::Failure;

/// Largest answer taken, in bytes: a full page of the largest events, with room.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The query service, as seen from here. Clones share the connection.
#[derive(Clone)]
pub(crate) struct QueryClient {
    connection: QueryServiceClient<Channel>,
    url: Arc<str>,
    budget: Duration,
}

impl QueryClient {
    /// Nothing is connected before the first call. `budget` bounds all attempts of one question together.
    pub(crate) fn new(url: &str, budget: Duration) -> Result<Self, Failure> {
        let connection = QueryServiceClient::new(channel(Service::Query, url)?)
            .max_decoding_message_size(ANSWER_BYTES_MAX);
        Ok(Self { connection, url: url.into(), budget })
    }
}

/// The answer, after a line about times of the log that are wrong, once a run.
#[expect(clippy::print_stderr, reason = "how an answer is to be read belongs beside it")]
fn told_wrong_times<T>(response: Response<T>) -> T {
    static TOLD: Once = Once::new();
    let spans =
        response.metadata().get("daybook-wrong-times").and_then(|spans| spans.to_str().ok());
    if let Some(spans) = spans {
        TOLD.call_once(|| {
            for span in spans.split(',') {
                let (accepted, time) = span.split_once('/').unwrap_or((span, span));
                eprintln!(
                    "note: the clock of the log was wrong: times after {accepted} up to {time} are not those of the events"
                );
            }
        });
    }
    response.into_inner()
}

macro_rules! questions {
    ($($(#[$doc:meta])* $name:ident: $request:ident -> $response:ident, $rpc:ident;)*) => {
        impl QueryClient {
            $($(#[$doc])*
            pub(crate) async fn $name(
                &self,
                question: &v1::$request,
            ) -> Result<v1::$response, CallError> {
                retry::call(self.budget, |attempt| {
                    let mut connection = self.connection.clone();
                    let mut request = Request::new(question.clone());
                    retry::put_deadline(request.metadata_mut(), attempt);
                    async move { Ok(told_wrong_times(connection.$rpc(request).await?)) }
                })
                .await
                .map_err(|error| error.about(Service::Query, &self.url, ""))
            })*
        }
    };
}

questions! {
    /// One account as it stands.
    account: GetAccountRequest -> GetAccountResponse, get_account;
    /// A page of accounts.
    accounts: ListAccountsRequest -> ListAccountsResponse, list_accounts;
    /// A page of an account's statement.
    statement: GetStatementRequest -> GetStatementResponse, get_statement;
    /// One transfer as it stands.
    transfer: GetTransferRequest -> GetTransferResponse, get_transfer;
    /// A page of transfers.
    transfers: ListTransfersRequest -> ListTransfersResponse, list_transfers;
    /// A page of a stream's events.
    history: GetEventHistoryRequest -> GetEventHistoryResponse, get_event_history;
    /// Counts and volumes per day.
    activity: GetDailyActivityRequest -> GetDailyActivityResponse, get_daily_activity;
    /// A page of the movements that made a balance.
    explanation: ExplainBalanceRequest -> ExplainBalanceResponse, explain_balance;
    /// The state of a stream at a moment.
    aggregate_at: GetAggregateAtRequest -> GetAggregateAtResponse, get_aggregate_at;
    /// Every event of a transfer.
    story: GetTransferStoryRequest -> GetTransferStoryResponse, get_transfer_story;
    /// A page of events of the whole log.
    audit: SearchAuditRequest -> SearchAuditResponse, search_audit;
    /// Debits and credits of each account of the ledger.
    trial_balance: GetTrialBalanceRequest -> GetTrialBalanceResponse, get_trial_balance;
    /// Which log answers come from, and where it ends.
    log: GetLogRequest -> GetLogResponse, get_log;
    /// How far each projection is.
    projections: GetProjectionStatusRequest -> GetProjectionStatusResponse, get_projection_status;
    /// The newest signed checkpoint.
    checkpoint: GetCheckpointRequest -> GetCheckpointResponse, get_checkpoint;
    /// Proofs that events are in a checkpoint's tree.
    inclusion: GetInclusionProofRequest -> GetInclusionProofResponse, get_inclusion_proof;
    /// Proof that a checkpoint continues an earlier one.
    consistency: GetConsistencyProofRequest -> GetConsistencyProofResponse, get_consistency_proof;
}
