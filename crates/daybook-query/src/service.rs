//! The RPCs of `daybook.v1.QueryService`. One module each: check the request, ask the question, say the answer. The
//! generated types end here.

mod explain_balance;
mod fields;
mod get_account;
mod get_aggregate_at;
mod get_checkpoint;
mod get_consistency_proof;
mod get_daily_activity;
mod get_event_history;
mod get_inclusion_proof;
mod get_log;
mod get_projection_status;
mod get_statement;
mod get_transfer;
mod get_transfer_story;
mod get_trial_balance;
mod list_accounts;
mod list_transfers;
mod moment;
mod search_audit;
mod words;

use std::sync::Arc;
use std::time::Instant;

use daybook_core::ids::Position;
use daybook_core::stream::StreamId;
use daybook_proto::v1::query_service_server::QueryService;
use daybook_proto::v1::{
    ExplainBalanceRequest, ExplainBalanceResponse, GetAccountRequest, GetAccountResponse,
    GetAggregateAtRequest, GetAggregateAtResponse, GetCheckpointRequest, GetCheckpointResponse,
    GetConsistencyProofRequest, GetConsistencyProofResponse, GetDailyActivityRequest,
    GetDailyActivityResponse, GetEventHistoryRequest, GetEventHistoryResponse,
    GetInclusionProofRequest, GetInclusionProofResponse, GetLogRequest, GetLogResponse,
    GetProjectionStatusRequest, GetProjectionStatusResponse, GetStatementRequest,
    GetStatementResponse, GetTransferRequest, GetTransferResponse, GetTransferStoryRequest,
    GetTransferStoryResponse, GetTrialBalanceRequest, GetTrialBalanceResponse, ListAccountsRequest,
    ListAccountsResponse, ListTransfersRequest, ListTransfersResponse, SearchAuditRequest,
    SearchAuditResponse,
};
use tonic::{Request, Response, Status};

use crate::admission::Admission;
use crate::admission::Weight::{self, Heavy, Light};
use crate::budget::Budget;
use crate::consistency::{Need, ReadModels, View};
use crate::error::QueryError;
use crate::log::Log;
use crate::metrics::Durations;
use crate::personal::Opener;
use crate::settings::QuerySettings;
use crate::wrong_times::WrongTimes;

/// The service.
pub(crate) struct Service {
    settings: QuerySettings,
    log: Arc<Log>,
    read_models: Arc<ReadModels>,
    opener: Arc<Opener>,
    admission: Admission,
    wrong_times: WrongTimes,
}

/// A call in hand: what it may use, and for how long.
struct Call<'a> {
    log: &'a Log,
    read_models: &'a ReadModels,
    opener: &'a Opener,
    budget: Budget<'a>,
}

impl Service {
    pub(crate) fn new(
        settings: QuerySettings,
        log: Arc<Log>,
        read_models: Arc<ReadModels>,
        opener: Arc<Opener>,
    ) -> Self {
        let admission = Admission::new(&settings);
        let wrong_times = WrongTimes::new(log.reader.clone());
        Self { settings, log, read_models, opener, admission, wrong_times }
    }

    /// Takes a call in hand, or refuses it where there are too many.
    fn begin<R>(&self, weight: Weight, request: Request<R>) -> Result<(Call<'_>, R), Status> {
        let in_hand = self.admission.begin(weight, request.remote_addr())?;
        let budget = Budget::of(in_hand, request.metadata(), &self.settings);
        let (log, read_models, opener) = (&*self.log, &*self.read_models, &self.opener);
        Ok((Call { log, read_models, opener, budget }, request.into_inner()))
    }
}

impl Call<'_> {
    /// A view of the rows that belong to one stream.
    async fn view_of_stream(
        &self,
        projections: &'static [&'static str],
        stream_id: &StreamId,
        min_position: Position,
    ) -> Result<View, QueryError> {
        let partition = Some(self.log.partition_of(stream_id, &self.budget).await?);
        self.view(projections, partition, min_position).await
    }

    /// A view of all rows.
    async fn view_of_all(
        &self,
        projections: &'static [&'static str],
        min_position: Position,
    ) -> Result<View, QueryError> {
        self.view(projections, None, min_position).await
    }

    async fn view(
        &self,
        projections: &'static [&'static str],
        partition: Option<daybook_core::partition::Partition>,
        min_position: Position,
    ) -> Result<View, QueryError> {
        self.log.check_reachable(min_position, &self.budget).await?;
        let partition_count = self.log.partition_count(&self.budget).await?;
        let need = Need { projections, partition, partition_count, min_position };
        self.read_models.open(&need, &self.budget).await
    }
}

/// Each RPC is the module that carries its name, and has its weight.
macro_rules! rpcs {
    ($($weight:ident $rpc:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl QueryService for Service {
            $(
                async fn $rpc(
                    &self,
                    request: Request<$request>,
                ) -> Result<Response<$response>, Status> {
                    static DURATIONS: Durations = Durations::of(stringify!($request));
                    let started = Instant::now();
                    let answer = async {
                        let (call, request) = self.begin($weight, request)?;
                        let mut response = Response::new($rpc::answer(&call, request).await?);
                        self.wrong_times.tell(&mut response);
                        Ok(response)
                    };
                    let answer = answer.await;
                    DURATIONS.record(started, &answer);
                    answer
                }
            )*
        }
    };
}

rpcs! {
    Light get_account(GetAccountRequest) -> GetAccountResponse;
    Heavy list_accounts(ListAccountsRequest) -> ListAccountsResponse;
    Heavy get_statement(GetStatementRequest) -> GetStatementResponse;
    Light get_transfer(GetTransferRequest) -> GetTransferResponse;
    Heavy list_transfers(ListTransfersRequest) -> ListTransfersResponse;
    Heavy get_event_history(GetEventHistoryRequest) -> GetEventHistoryResponse;
    Heavy get_daily_activity(GetDailyActivityRequest) -> GetDailyActivityResponse;
    Heavy explain_balance(ExplainBalanceRequest) -> ExplainBalanceResponse;
    Heavy get_aggregate_at(GetAggregateAtRequest) -> GetAggregateAtResponse;
    Heavy get_transfer_story(GetTransferStoryRequest) -> GetTransferStoryResponse;
    Heavy search_audit(SearchAuditRequest) -> SearchAuditResponse;
    Heavy get_trial_balance(GetTrialBalanceRequest) -> GetTrialBalanceResponse;
    Light get_log(GetLogRequest) -> GetLogResponse;
    Light get_projection_status(GetProjectionStatusRequest) -> GetProjectionStatusResponse;
    Light get_checkpoint(GetCheckpointRequest) -> GetCheckpointResponse;
    Heavy get_inclusion_proof(GetInclusionProofRequest) -> GetInclusionProofResponse;
    Heavy get_consistency_proof(GetConsistencyProofRequest) -> GetConsistencyProofResponse;
}
