//! What is asked, each time of another account, moment or word.

use daybook_proto::v1;
use daybook_proto::v1::get_aggregate_at_request::At;
use daybook_proto::v1::query_service_client::QueryServiceClient;
use tonic::Status;
use tonic::transport::Channel;

use super::{DEPOSITS, LONG, MOMENTS, ReadsEffort};
use crate::bench::workload::account_id;

/// Prime, so that neighbours are asked for in no order.
const STRIDE: u32 = 7919;

/// Rows of a page.
const PAGE: i32 = 50;

/// A kind of question.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question {
    /// The account with the long history, as it was.
    AsOf,
    /// An account, with its owner.
    Account,
    /// A page of a statement, with reasons.
    Statement,
    /// A search for the words of one reason.
    RareWord,
    /// A page of a search for words that all reasons have.
    CommonWords,
}

impl Question {
    pub(super) const OF_TEXTS: [Self; 4] =
        [Self::Account, Self::Statement, Self::RareWord, Self::CommonWords];

    pub(super) fn in_words(self) -> &'static str {
        match self {
            Self::AsOf => "state as of a position",
            Self::Account => "GetAccount",
            Self::Statement => "statement, a page of 50",
            Self::RareWord => "search for the words of one reason",
            Self::CommonWords => "search for the words of all reasons, a page of 50",
        }
    }

    /// Asks it for the `number`-th time, and gives how many rows the answer has.
    pub(super) async fn ask(
        self,
        client: &mut QueryServiceClient<Channel>,
        number: u32,
        effort: ReadsEffort,
    ) -> Result<usize, Status> {
        let account = account_id(number.wrapping_mul(STRIDE) % effort.accounts);
        match self {
            Self::AsOf => {
                // The log begins with this account.
                let position =
                    i64::from(effort.long / MOMENTS * (number % MOMENTS) + effort.long / MOMENTS);
                let stream_id = format!("account-{}", account_id(LONG));
                let at = Some(At::Position(position));
                let request = v1::GetAggregateAtRequest { stream_id, at, min_position: 0 };
                client.get_aggregate_at(request).await.map(|_| 1)
            }
            Self::Account => {
                let request = v1::GetAccountRequest { account_id: account, min_position: 0 };
                client.get_account(request).await.map(|_| 1)
            }
            Self::Statement => {
                let request = v1::GetStatementRequest {
                    account_id: account,
                    page_size: PAGE,
                    ..Default::default()
                };
                Ok(client.get_statement(request).await?.into_inner().entries.len())
            }
            Self::RareWord => {
                let deposit = number.wrapping_mul(STRIDE) % (effort.accounts * DEPOSITS);
                search(client, format!("invoice {deposit}")).await
            }
            Self::CommonWords => search(client, "invoice due".to_owned()).await,
        }
    }
}

async fn search(client: &mut QueryServiceClient<Channel>, reason: String) -> Result<usize, Status> {
    let request = v1::SearchAuditRequest { reason, page_size: PAGE, ..Default::default() };
    Ok(client.search_audit(request).await?.into_inner().events.len())
}
