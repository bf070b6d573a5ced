//! Requests that speak of one transfer.

use daybook_bank::BankCommand;
use daybook_bank::transfer::TransferCommand;
use daybook_proto::v1 as proto;
use tonic::Status;

use super::CommandRequest;
use super::account::command_request;
use super::fields::{account_id, amount, transfer_id};

command_request!(proto::InitiateTransferRequest, |r| TransferCommand::InitiateTransfer {
    source: account_id("source_account_id", &r.source_account_id)?,
    transfer_id: transfer_id(&r.transfer_id)?,
    destination: account_id("destination_account_id", &r.destination_account_id)?,
    amount: amount(r.amount)?,
});

command_request!(proto::ApproveTransferRequest, |r| TransferCommand::ApproveTransfer {
    transfer_id: transfer_id(&r.transfer_id)?,
});

command_request!(proto::RejectTransferRequest, |r| TransferCommand::RejectTransfer {
    transfer_id: transfer_id(&r.transfer_id)?,
});

command_request!(proto::CancelTransferRequest, |r| TransferCommand::CancelTransfer {
    transfer_id: transfer_id(&r.transfer_id)?,
});

command_request!(proto::ExecuteTransferRequest, |r| TransferCommand::ExecuteTransfer {
    transfer_id: transfer_id(&r.transfer_id)?,
});
