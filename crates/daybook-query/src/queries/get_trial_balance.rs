//! What was debited and credited to each account of the ledger, up to a position.

use daybook_bank::postings::BLOCK_POSITIONS;
use daybook_core::ids::Position;

use crate::consistency::View;
use crate::error::QueryError;

/// The projections that answer: each posting, and the totals of whole blocks of positions.
pub(crate) const POSTINGS: &str = "postings";
pub(crate) const POSTING_TOTALS: &str = "posting_totals";

/// Both projections' sum for one account of the ledger; decimal integers, which may be wider than 64 bits.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TotalRow {
    pub(crate) currency: String,
    pub(crate) account: String,
    pub(crate) debits: String,
    pub(crate) credits: String,
}

/// The totals by currency and account. `cut` must not lie beyond the view's checkpoint.
pub(crate) async fn get_trial_balance(
    view: &mut View,
    cut: Position,
) -> Result<Vec<TotalRow>, QueryError> {
    let template = include_str!("sql/get_trial_balance.sql");
    let sql = view.sql_of(template, &[("{totals}", POSTING_TOTALS), ("{postings}", POSTINGS)]);
    let whole_blocks = cut.next().get() / BLOCK_POSITIONS;
    Ok(sqlx::query_as(sql)
        .bind(cut.get())
        .bind(whole_blocks)
        .bind(whole_blocks * BLOCK_POSITIONS)
        .fetch_all(view.connection())
        .await?)
}
