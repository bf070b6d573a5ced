//! All accounts, by id.

use daybook_bank::account::AccountId;
use daybook_bank::money::Currency;

use super::get_account::{ACCOUNTS, AccountRow};
use crate::consistency::View;
use crate::error::QueryError;

/// Which accounts.
#[derive(Debug)]
pub(crate) struct AccountsQuestion {
    /// The word of the read model.
    pub(crate) status: Option<&'static str>,
    pub(crate) currency: Option<Currency>,
    /// Where the page before ended.
    pub(crate) after: Option<AccountId>,
    pub(crate) limit: i64,
}

/// The accounts after `question.after`, in order of their bytes.
pub(crate) async fn list_accounts(
    view: &mut View,
    question: &AccountsQuestion,
) -> Result<Vec<AccountRow>, QueryError> {
    let sql = view.sql(ACCOUNTS, include_str!("sql/list_accounts.sql"));
    Ok(sqlx::query_as(sql)
        // No id is empty, so that all of them come after the empty text.
        .bind(question.after.as_ref().map_or("", AccountId::as_str))
        .bind(question.status)
        .bind(question.currency.map(Currency::code))
        .bind(question.limit)
        .fetch_all(view.connection())
        .await?)
}
