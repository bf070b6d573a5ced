//! GetAccount.

use daybook_bank::account::AccountId;
use daybook_proto::v1::{Account, GetAccountRequest, GetAccountResponse};

use super::Call;
use super::fields::{checked, min_position};
use super::words::{account_status, shown_of_row, timestamp};
use crate::error::{Kind, QueryError};
use crate::personal::{RowKeys, RowText};
use crate::queries::get_account::{ACCOUNTS, AccountRow, get_account};

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetAccountRequest,
) -> Result<GetAccountResponse, QueryError> {
    let account_id = checked("account_id", AccountId::new(&request.account_id))?;
    let min_position = min_position(request.min_position)?;

    let mut view = call.view_of_stream(&[ACCOUNTS], &account_id.stream_id(), min_position).await?;
    let checkpoint = view.checkpoint.get();
    let row = call.budget.bound(get_account(&mut view, &account_id)).await?;
    call.budget.bound(view.close()).await?;

    let row = row.ok_or(QueryError::NotFound { kind: Kind::Account, id: request.account_id })?;
    let keys = call.opener.keys_of_rows(row.subject_id.as_deref().into_iter(), &call.budget).await;
    Ok(GetAccountResponse { account: Some(account(row, &keys)?), checkpoint })
}

/// The owner's name as the log has it.
const OWNER: &str = "owner";

/// An account as the contract has it.
pub(super) fn account(row: AccountRow, keys: &RowKeys) -> Result<Account, QueryError> {
    let available =
        i128::from(row.balance) - i128::from(row.held) + i128::from(row.overdraft_limit);
    let (owner, owner_hidden) = shown_of_row(keys.show(RowText {
        text: Some(row.owner),
        subject_id: row.subject_id.as_deref(),
        command_id: row.command_id.as_deref(),
        field: OWNER,
    }));
    Ok(Account {
        balance_minor_units: row.balance,
        held_minor_units: row.held,
        available_minor_units: i64::try_from(available).map_err(|_| QueryError::Corrupt {
            projection: ACCOUNTS,
            what: format!("what is available on `{}` is beyond 64 bits", row.account_id),
        })?,
        overdraft_limit_minor_units: row.overdraft_limit,
        status: account_status(&row.status)?.into(),
        version: row.version,
        opened_at: timestamp(row.opened_at),
        updated_at: timestamp(row.updated_at),
        account_id: row.account_id,
        owner,
        owner_hidden: owner_hidden.into(),
        currency: row.currency,
    })
}
