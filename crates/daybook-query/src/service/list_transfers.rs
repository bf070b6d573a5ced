//! ListTransfers.

use daybook_bank::account::AccountId;
use daybook_core::ids::Position;
use daybook_proto::v1::{ListTransfersRequest, ListTransfersResponse};

use super::Call;
use super::fields::{checked, min_position, optional};
use super::get_transfer::{keys_of, transfer};
use super::words::transfer_status_filter;
use crate::error::QueryError;
use crate::page::{self, PageSize};
use crate::page_token::{self, Fingerprint};
use crate::queries::get_transfer::TRANSFERS;
use crate::queries::list_transfers::{TransfersQuestion, list_transfers};

pub(super) async fn answer(
    call: &Call<'_>,
    request: ListTransfersRequest,
) -> Result<ListTransfersResponse, QueryError> {
    let account_id = optional(&request.account_id, || {
        checked("account_id", AccountId::new(&request.account_id))
    })?;
    let status = transfer_status_filter(request.status)?;
    let size = PageSize::parse(request.page_size)?;
    let min_position = min_position(request.min_position)?;
    let list = Fingerprint::of(&("ListTransfers", &account_id, status));
    let before: Option<Position> = page_token::decode(&request.page_token, &list)?;
    let before = before.unwrap_or(Position::MAX);
    let question = TransfersQuestion { account_id, status, before, limit: size.rows_and_one() };

    let mut view = call.view_of_all(&[TRANSFERS], min_position).await?;
    let checkpoint = view.checkpoint.get();
    let rows = call.budget.bound(list_transfers(&mut view, &question)).await?;
    call.budget.bound(view.close()).await?;

    let initiated: Vec<i64> = rows.iter().map(|row| row.initiated_position).collect();
    let keys = keys_of(call, &rows).await;
    let transfers = rows.into_iter().map(|row| transfer(row, &keys)).collect::<Result<_, _>>()?;
    let (transfers, more) = page::cut(transfers, size);
    let last = transfers.len().checked_sub(1).and_then(|last| initiated.get(last));
    let next_page_token = match last {
        Some(last) if more => page_token::encode(&list, last),
        _ => String::new(),
    };
    Ok(ListTransfersResponse { transfers, next_page_token, checkpoint })
}
