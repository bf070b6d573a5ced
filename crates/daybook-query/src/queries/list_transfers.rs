//! Transfers, the newest initiated first.

use daybook_bank::account::AccountId;
use daybook_core::ids::Position;

use super::get_transfer::{TRANSFERS, TransferRow};
use crate::consistency::View;
use crate::error::QueryError;

/// Which transfers.
#[derive(Debug)]
pub(crate) struct TransfersQuestion {
    /// Out of or into this account.
    pub(crate) account_id: Option<AccountId>,
    /// The word of the read model.
    pub(crate) status: Option<&'static str>,
    /// Where the page before ended: only what was initiated before this position.
    pub(crate) before: Position,
    pub(crate) limit: i64,
}

/// The transfers, the newest first. Each filter has a statement of its own, made for one index.
pub(crate) async fn list_transfers(
    view: &mut View,
    question: &TransfersQuestion,
) -> Result<Vec<TransferRow>, QueryError> {
    let template = match (&question.account_id, question.status) {
        (Some(_), _) => include_str!("sql/list_transfers_of_account.sql"),
        (None, Some(_)) => include_str!("sql/list_transfers_in_status.sql"),
        (None, None) => include_str!("sql/list_transfers.sql"),
    };
    let mut query = sqlx::query_as(view.sql(TRANSFERS, template))
        .bind(question.before.get())
        .bind(question.limit);
    match (&question.account_id, question.status) {
        (Some(account_id), status) => query = query.bind(account_id.as_str()).bind(status),
        (None, Some(status)) => query = query.bind(status),
        (None, None) => {}
    }
    Ok(query.fetch_all(view.connection()).await?)
}
