//! The movements that made a balance, and their totals.

use daybook_bank::account::AccountId;
use daybook_bank::transfer::TransferId;

use super::get_statement::{ACCOUNT_ENTRIES, EntryKey, EntryRow};
use crate::consistency::View;
use crate::error::QueryError;

/// Which movements.
#[derive(Debug)]
pub(crate) struct ExplanationQuestion {
    pub(crate) account_id: AccountId,
    /// Exclusive: where the page before ended.
    pub(crate) after: EntryKey,
    /// Inclusive: the moment.
    pub(crate) until: EntryKey,
    pub(crate) transfer_id: Option<TransferId>,
    pub(crate) limit: i64,
}

/// All movements of one kind.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct KindRow {
    pub(crate) kind: String,
    pub(crate) count: i64,
    /// A decimal integer: it may be wider than 64 bits.
    pub(crate) amount: String,
}

/// The movements, oldest first.
pub(crate) async fn explain_balance(
    view: &mut View,
    question: &ExplanationQuestion,
) -> Result<Vec<EntryRow>, QueryError> {
    let sql = view.sql(ACCOUNT_ENTRIES, include_str!("sql/explain_balance.sql"));
    Ok(sqlx::query_as(sql)
        .bind(question.account_id.as_str())
        .bind(question.after.recorded_at)
        .bind(question.after.version)
        .bind(question.until.recorded_at)
        .bind(question.until.version)
        .bind(question.transfer_id.as_ref().map(TransferId::as_str))
        .bind(question.limit)
        .fetch_all(view.connection())
        .await?)
}

/// The totals of all movements up to the moment.
pub(crate) async fn total_by_kind(
    view: &mut View,
    question: &ExplanationQuestion,
) -> Result<Vec<KindRow>, QueryError> {
    let sql = view.sql(ACCOUNT_ENTRIES, include_str!("sql/total_by_kind.sql"));
    Ok(sqlx::query_as(sql)
        .bind(question.account_id.as_str())
        .bind(question.until.recorded_at)
        .bind(question.until.version)
        .bind(question.transfer_id.as_ref().map(TransferId::as_str))
        .fetch_all(view.connection())
        .await?)
}
