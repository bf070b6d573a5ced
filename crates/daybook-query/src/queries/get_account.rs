//! One account as it stands.

use daybook_bank::account::AccountId;
use time::OffsetDateTime;

use crate::consistency::View;
use crate::error::QueryError;

/// The projection that answers.
pub(crate) const ACCOUNTS: &str = "accounts";

/// A row of read model `accounts`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct AccountRow {
    pub(crate) account_id: String,
    /// Sealed where there is a subject.
    pub(crate) owner: String,
    pub(crate) subject_id: Option<String>,
    pub(crate) command_id: Option<String>,
    pub(crate) currency: String,
    pub(crate) balance: i64,
    pub(crate) held: i64,
    pub(crate) overdraft_limit: i64,
    pub(crate) status: String,
    pub(crate) version: i64,
    pub(crate) opened_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

/// The account, if the view has it.
pub(crate) async fn get_account(
    view: &mut View,
    account_id: &AccountId,
) -> Result<Option<AccountRow>, QueryError> {
    let sql = view.sql(ACCOUNTS, include_str!("sql/get_account.sql"));
    Ok(sqlx::query_as(sql).bind(account_id.as_str()).fetch_optional(view.connection()).await?)
}
