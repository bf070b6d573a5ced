//! ListAccounts.

use daybook_bank::account::AccountId;
use daybook_bank::money::Currency;
use daybook_proto::v1::{ListAccountsRequest, ListAccountsResponse};

use super::Call;
use super::fields::{min_position, optional_currency};
use super::get_account::account;
use super::words::account_status_filter;
use crate::error::QueryError;
use crate::page::{self, PageSize};
use crate::page_token::{self, Fingerprint};
use crate::queries::get_account::ACCOUNTS;
use crate::queries::list_accounts::{AccountsQuestion, list_accounts};

pub(super) async fn answer(
    call: &Call<'_>,
    request: ListAccountsRequest,
) -> Result<ListAccountsResponse, QueryError> {
    let size = PageSize::parse(request.page_size)?;
    let status = account_status_filter(request.status)?;
    let currency = optional_currency(&request.currency)?;
    let min_position = min_position(request.min_position)?;
    let list = Fingerprint::of(&("ListAccounts", status, currency.map(Currency::code)));
    let after: Option<AccountId> = page_token::decode(&request.page_token, &list)?;
    let question = AccountsQuestion { status, currency, after, limit: size.rows_and_one() };

    let mut view = call.view_of_all(&[ACCOUNTS], min_position).await?;
    let checkpoint = view.checkpoint.get();
    let rows = call.budget.bound(list_accounts(&mut view, &question)).await?;
    call.budget.bound(view.close()).await?;

    let subjects = rows.iter().filter_map(|row| row.subject_id.as_deref());
    let keys = call.opener.keys_of_rows(subjects, &call.budget).await;
    let accounts = rows.into_iter().map(|row| account(row, &keys)).collect::<Result<_, _>>()?;
    let (accounts, more) = page::cut(accounts, size);
    let next_page_token = match accounts.last() {
        Some(last) if more => page_token::encode(&list, &last.account_id),
        _ => String::new(),
    };
    Ok(ListAccountsResponse { accounts, next_page_token, checkpoint })
}
