//! One transfer: who did each step and when.

use daybook_bank::transfer::TransferId;

use crate::consistency::View;
use crate::error::QueryError;

/// The projection that answers.
pub(crate) const TRANSFERS: &str = "transfers";

/// A row of read model `transfers`.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct TransferRow {
    pub(crate) transfer_id: String,
    pub(crate) source_account_id: String,
    pub(crate) destination_account_id: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) status: String,
    pub(crate) approval_required: bool,
    pub(crate) version: i64,
    pub(crate) initiated_position: i64,
    #[sqlx(json)]
    pub(crate) steps: Vec<StepRow>,
}

/// One element of the column `steps`.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct StepRow {
    pub(crate) status: String,
    pub(crate) actor: String,
    /// RFC 3339.
    pub(crate) recorded_at: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
    /// Whom the reason is sealed for, and in which command.
    #[serde(default)]
    pub(crate) subject: Option<String>,
    #[serde(default)]
    pub(crate) command_id: Option<String>,
    pub(crate) position: i64,
}

/// The transfer, if the view has it.
pub(crate) async fn get_transfer(
    view: &mut View,
    transfer_id: &TransferId,
) -> Result<Option<TransferRow>, QueryError> {
    let sql = view.sql(TRANSFERS, include_str!("sql/get_transfer.sql"));
    Ok(sqlx::query_as(sql).bind(transfer_id.as_str()).fetch_optional(view.connection()).await?)
}
