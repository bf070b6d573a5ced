//! What is done under load: operations, each of one or several commands that are sent one after the other.

use std::vec;

use clap::ValueEnum;
use daybook_proto::v1;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tonic::Request;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use v1::command_service_client::CommandServiceClient;
use v1::execute_stream_request::Command as StreamCommand;

use super::choice::Picker;

/// The currency of every account.
const CURRENCY: &str = "USD";

/// How far below zero an account may go: nothing that is measured is refused for want of money.
const OVERDRAFT: i64 = 1_000_000_000_000_000;

/// What is done over and over again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// A deposit: one command, one event.
    Deposits,
    /// A transfer: initiated, approved by somebody else, executed; three commands, counted once.
    Transfers,
    /// Of ten operations six deposits, three withdrawals, one transfer.
    Mixed,
}

impl Workload {
    /// Whether more than one person acts.
    pub(crate) fn needs_approval(self) -> bool {
        self != Self::Deposits
    }
}

/// Who sends a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Does the work.
    Teller,
    /// Approves what the teller initiated, which he may not do himself.
    Approver,
}

impl By {
    /// A request of theirs.
    pub(crate) fn request<T>(self, message: T) -> Request<T> {
        let name = match self {
            Self::Teller => "bench-teller",
            Self::Approver => "bench-approver",
        };
        let mut request = Request::new(message);
        request.metadata_mut().insert("x-daybook-actor", MetadataValue::from_static(name));
        request
    }
}

/// One command of an operation.
#[derive(Debug)]
pub(crate) enum Step {
    /// Only while accounts are set up.
    Open(v1::OpenAccountRequest),
    Deposit(v1::DepositRequest),
    Withdraw(v1::WithdrawRequest),
    Initiate(v1::InitiateTransferRequest),
    Approve(v1::ApproveTransferRequest),
    Execute(v1::ExecuteTransferRequest),
}

impl Step {
    /// Opens an account.
    pub(crate) fn open(account: u32) -> Self {
        Self::Open(v1::OpenAccountRequest {
            context: context(),
            account_id: account_id(account),
            owner: "Load generator".to_owned(),
            currency: CURRENCY.to_owned(),
            overdraft_limit_minor_units: OVERDRAFT,
        })
    }

    /// Puts money on an account.
    pub(crate) fn deposit(account: u32, minor_units: i64) -> Self {
        Self::Deposit(v1::DepositRequest {
            context: context(),
            account_id: account_id(account),
            amount: money(minor_units),
        })
    }

    /// Puts a cent on an account, with a reason.
    pub(crate) fn deposit_because(account: u32, reason: String) -> Self {
        let account_id = account_id(account);
        let context = context().map(|context| v1::CommandContext { reason, ..context });
        Self::Deposit(v1::DepositRequest { context, account_id, amount: money(1) })
    }

    /// Whose step it is.
    pub(crate) fn by(&self) -> By {
        match self {
            Self::Approve(_) => By::Approver,
            _ => By::Teller,
        }
    }

    /// Sends it as a call of its own.
    pub(crate) async fn call(
        self,
        client: &mut CommandServiceClient<Channel>,
    ) -> Result<Option<v1::Receipt>, tonic::Status> {
        let by = self.by();
        Ok(match self {
            Self::Open(r) => client.open_account(by.request(r)).await?.into_inner().receipt,
            Self::Deposit(r) => client.deposit(by.request(r)).await?.into_inner().receipt,
            Self::Withdraw(r) => client.withdraw(by.request(r)).await?.into_inner().receipt,
            Self::Initiate(r) => {
                client.initiate_transfer(by.request(r)).await?.into_inner().receipt
            }
            Self::Approve(r) => client.approve_transfer(by.request(r)).await?.into_inner().receipt,
            Self::Execute(r) => client.execute_transfer(by.request(r)).await?.into_inner().receipt,
        })
    }

    /// As a stream carries it.
    pub(crate) fn into_stream_command(self) -> StreamCommand {
        match self {
            Self::Open(r) => StreamCommand::OpenAccount(r),
            Self::Deposit(r) => StreamCommand::Deposit(r),
            Self::Withdraw(r) => StreamCommand::Withdraw(r),
            Self::Initiate(r) => StreamCommand::InitiateTransfer(r),
            Self::Approve(r) => StreamCommand::ApproveTransfer(r),
            Self::Execute(r) => StreamCommand::ExecuteTransfer(r),
        }
    }
}

/// The steps of one operation, in order.
pub(crate) type Operation = vec::IntoIter<Step>;

/// Makes operations, one caller's: the same ones from the same seed, but for their ids.
pub(crate) struct Work {
    workload: Workload,
    picker: Picker,
    random: StdRng,
}

impl Work {
    /// `seed` should be another one for each caller.
    pub(crate) fn new(workload: Workload, picker: Picker, seed: u64) -> Self {
        Self { workload, picker, random: StdRng::seed_from_u64(seed) }
    }

    /// The next operation.
    pub(crate) fn next(&mut self) -> Operation {
        let account = self.picker.pick(&mut self.random);
        let minor_units = self.random.random_range(1..=100_000);
        let of_ten = match self.workload {
            Workload::Deposits => 0,
            Workload::Transfers => 9,
            Workload::Mixed => self.random.random_range(0..10),
        };
        match of_ten {
            0..6 => vec![Step::deposit(account, minor_units)],
            6..9 => vec![Step::Withdraw(v1::WithdrawRequest {
                context: context(),
                account_id: account_id(account),
                amount: money(minor_units),
            })],
            _ => self.transfer(account, minor_units),
        }
        .into_iter()
    }

    fn transfer(&mut self, source: u32, minor_units: i64) -> Vec<Step> {
        let destination = self.picker.another(source, &mut self.random);
        let transfer_id = daybook_runtime::ids::time_ordered().to_string();
        vec![
            Step::Initiate(v1::InitiateTransferRequest {
                context: context(),
                source_account_id: account_id(source),
                transfer_id: transfer_id.clone(),
                destination_account_id: account_id(destination),
                amount: money(minor_units),
            }),
            Step::Approve(v1::ApproveTransferRequest {
                context: context(),
                transfer_id: transfer_id.clone(),
            }),
            Step::Execute(v1::ExecuteTransferRequest { context: context(), transfer_id }),
        ]
    }
}

/// The id of the n-th account.
pub(crate) fn account_id(account: u32) -> String {
    format!("bench-{account}")
}

/// Every command has an id of its own, as those of careful clients do.
fn context() -> Option<v1::CommandContext> {
    let command_id = daybook_runtime::ids::time_ordered().to_string();
    Some(v1::CommandContext { command_id, ..Default::default() })
}

fn money(minor_units: i64) -> Option<v1::Money> {
    Some(v1::Money { minor_units, currency: CURRENCY.to_owned() })
}
