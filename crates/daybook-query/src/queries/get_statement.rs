//! The money movements of one account, oldest first.

use daybook_bank::account::AccountId;
use time::OffsetDateTime;

use crate::consistency::View;
use crate::error::QueryError;

/// The projection that answers.
pub(crate) const ACCOUNT_ENTRIES: &str = "account_entries";

/// A row of read model `account_entries`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct EntryRow {
    pub(crate) version: i64,
    pub(crate) position: i64,
    pub(crate) recorded_at: OffsetDateTime,
    pub(crate) kind: String,
    pub(crate) amount: i64,
    pub(crate) balance: i64,
    pub(crate) counterparty: Option<String>,
    pub(crate) transfer_id: Option<String>,
    pub(crate) actor: String,
    pub(crate) reason: Option<String>,
    /// Whom reason and customer are sealed for, and in which command.
    pub(crate) subject_id: Option<String>,
    pub(crate) command_id: Option<String>,
    pub(crate) correlation_id: String,
}

/// Where an entry stands in its account's statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryKey {
    pub(crate) recorded_at: OffsetDateTime,
    pub(crate) version: i64,
}

/// Which entries.
#[derive(Debug)]
pub(crate) struct StatementQuestion {
    pub(crate) account_id: AccountId,
    /// Exclusive. To begin with the entries of a moment: that moment and version 0, which no entry has.
    pub(crate) after: EntryKey,
    /// Exclusive.
    pub(crate) before: OffsetDateTime,
    pub(crate) limit: i64,
}

/// The entries, oldest first.
pub(crate) async fn get_statement(
    view: &mut View,
    question: &StatementQuestion,
) -> Result<Vec<EntryRow>, QueryError> {
    let sql = view.sql(ACCOUNT_ENTRIES, include_str!("sql/get_statement.sql"));
    Ok(sqlx::query_as(sql)
        .bind(question.account_id.as_str())
        .bind(question.after.recorded_at)
        .bind(question.after.version)
        .bind(question.before)
        .bind(question.limit)
        .fetch_all(view.connection())
        .await?)
}

/// The posted balance after all entries up to and including `key`: where a statement without entries stands.
pub(crate) async fn balance_at(
    view: &mut View,
    account_id: &AccountId,
    key: EntryKey,
) -> Result<i64, QueryError> {
    let sql = view.sql(ACCOUNT_ENTRIES, include_str!("sql/get_balance_before.sql"));
    let balance: Option<i64> = sqlx::query_scalar(sql)
        .bind(account_id.as_str())
        .bind(key.recorded_at)
        .bind(key.version)
        .fetch_optional(view.connection())
        .await?;
    Ok(balance.unwrap_or(0))
}
