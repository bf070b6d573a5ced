//! GetTransfer.

use daybook_bank::transfer::TransferId;
use daybook_keys::REASON;
use daybook_proto::v1::{GetTransferRequest, GetTransferResponse, Money, Transfer, TransferStep};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Call;
use super::fields::{checked, min_position};
use super::words::{shown_of_row, timestamp, transfer_status};
use crate::error::{Kind, QueryError};
use crate::personal::{RowKeys, RowText};
use crate::queries::get_transfer::{StepRow, TRANSFERS, TransferRow, get_transfer};

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetTransferRequest,
) -> Result<GetTransferResponse, QueryError> {
    let transfer_id = checked("transfer_id", TransferId::new(&request.transfer_id))?;
    let min_position = min_position(request.min_position)?;

    let mut view =
        call.view_of_stream(&[TRANSFERS], &transfer_id.stream_id(), min_position).await?;
    let checkpoint = view.checkpoint.get();
    let row = call.budget.bound(get_transfer(&mut view, &transfer_id)).await?;
    call.budget.bound(view.close()).await?;

    let row = row.ok_or(QueryError::NotFound { kind: Kind::Transfer, id: request.transfer_id })?;
    let keys = keys_of(call, std::slice::from_ref(&row)).await;
    Ok(GetTransferResponse { transfer: Some(transfer(row, &keys)?), checkpoint })
}

/// What opens the reasons of transfers.
pub(super) async fn keys_of(call: &Call<'_>, rows: &[TransferRow]) -> RowKeys {
    let steps = rows.iter().flat_map(|row| &row.steps);
    let subjects = steps.filter_map(|step| step.subject.as_deref());
    call.opener.keys_of_rows(subjects, &call.budget).await
}

/// A transfer as the contract has it.
pub(super) fn transfer(row: TransferRow, keys: &RowKeys) -> Result<Transfer, QueryError> {
    let step = |row| step(row, keys);
    Ok(Transfer {
        transfer_id: row.transfer_id,
        source_account_id: row.source_account_id,
        destination_account_id: row.destination_account_id,
        amount: Some(Money { minor_units: row.amount, currency: row.currency }),
        status: transfer_status(&row.status)?.into(),
        approval_required: row.approval_required,
        steps: row.steps.into_iter().map(step).collect::<Result<_, _>>()?,
        version: row.version,
    })
}

fn step(row: StepRow, keys: &RowKeys) -> Result<TransferStep, QueryError> {
    let recorded_at =
        OffsetDateTime::parse(&row.recorded_at, &Rfc3339).map_err(|error| QueryError::Corrupt {
            projection: TRANSFERS,
            what: format!("the time of the step at position {}: {error}", row.position),
        })?;
    let (reason, reason_hidden) = shown_of_row(keys.show(RowText {
        text: row.reason,
        subject_id: row.subject.as_deref(),
        command_id: row.command_id.as_deref(),
        field: REASON,
    }));
    Ok(TransferStep {
        status: transfer_status(&row.status)?.into(),
        actor: row.actor,
        recorded_at: timestamp(recorded_at),
        reason,
        reason_hidden: reason_hidden.into(),
        position: row.position,
    })
}
