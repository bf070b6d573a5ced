//! What the service should answer, as a plain list of rules: written from the contract, not from the code that it judges.

use std::collections::HashMap;

use daybook_proto::v1::expected_version::Kind;
use tonic::Code;

use crate::support::{Order, What};

/// Streams with their new versions, and whether it was a replay; or code and reason.
pub(crate) type Answer = Result<(Vec<(String, i64)>, bool), (Code, String)>;

#[derive(Debug, Clone, Default)]
struct Account {
    version: i64,
    balance: i64,
    held: i64,
    overdraft: i64,
    frozen: bool,
    closed: bool,
}

#[derive(Debug, Clone)]
struct Transfer {
    version: i64,
    from: String,
    to: String,
    cents: i64,
    initiator: String,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Initiated,
    Approved,
    Ended,
}

/// A bank of plain structs.
#[derive(Debug, Default)]
pub(crate) struct Model {
    accounts: HashMap<String, Account>,
    transfers: HashMap<String, Transfer>,
    done: HashMap<String, (Order, Vec<(String, i64)>)>,
}

type Refusal = (Code, &'static str);
const ACCOUNT_NOT_FOUND: Refusal = (Code::NotFound, "ACCOUNT_NOT_FOUND");
const TRANSFER_NOT_FOUND: Refusal = (Code::NotFound, "TRANSFER_NOT_FOUND");

fn rule(reason: &'static str) -> Refusal {
    (Code::FailedPrecondition, reason)
}

impl Model {
    /// What the order is answered, with its effect.
    pub(crate) fn answer(&mut self, order: &Order) -> Answer {
        let command_id = &order.context.command_id;
        if let Some((first, streams)) = self.done.get(command_id) {
            let same = first.what == order.what
                && first.actor == order.actor
                && first.context.expected_version == order.context.expected_version;
            return match same {
                true => Ok((streams.clone(), true)),
                false => Err((Code::AlreadyExists, "COMMAND_ID_REUSED".to_owned())),
            };
        }
        if !self.is_as_expected(order) {
            return Err((Code::Aborted, "WRONG_EXPECTED_VERSION".to_owned()));
        }
        let streams = self.apply(order).map_err(|(code, reason)| (code, reason.to_owned()))?;
        if !command_id.is_empty() {
            self.done.insert(command_id.clone(), (order.clone(), streams.clone()));
        }
        Ok((streams, false))
    }

    /// The version of the stream that an order names first.
    pub(crate) fn version(&self, what: &What) -> i64 {
        let account = |id: &String| self.accounts.get(id).map_or(0, |account| account.version);
        match what {
            What::Open { account: id, .. }
            | What::Deposit { account: id, .. }
            | What::Withdraw { account: id, .. }
            | What::Fee { account: id, .. }
            | What::Refund { account: id, .. }
            | What::Freeze { account: id }
            | What::Unfreeze { account: id }
            | What::Close { account: id }
            | What::Initiate { from: id, .. } => account(id),
            What::Approve { transfer: id }
            | What::Reject { transfer: id }
            | What::Cancel { transfer: id }
            | What::Execute { transfer: id } => {
                self.transfers.get(id).map_or(0, |transfer| transfer.version)
            }
        }
    }

    /// Balance of each account.
    pub(crate) fn balances(&self) -> impl Iterator<Item = (&str, i64, i64)> {
        self.accounts.iter().map(|(id, account)| (&**id, account.balance, account.version))
    }

    fn is_as_expected(&self, order: &Order) -> bool {
        let version = self.version(&order.what);
        match order.context.expected_version.as_ref().and_then(|expected| expected.kind) {
            None => true,
            Some(Kind::Exact(expected)) => version == expected,
            Some(Kind::NoStream(_)) => version == 0,
            Some(Kind::StreamExists(_)) => version > 0,
        }
    }

    fn apply(&mut self, order: &Order) -> Result<Vec<(String, i64)>, Refusal> {
        match &order.what {
            What::Open { account, overdraft } => {
                if self.accounts.contains_key(account) {
                    return Err((Code::AlreadyExists, "ACCOUNT_EXISTS"));
                }
                let opened = Account { overdraft: *overdraft, ..Account::default() };
                self.accounts.insert(account.clone(), opened);
                Ok(vec![self.step_account(account, |_| {})])
            }
            What::Deposit { account, cents } => {
                self.open_account(account)?;
                Ok(vec![self.step_account(account, |a| a.balance += cents)])
            }
            What::Withdraw { account, cents }
            | What::Fee { account, cents }
            | What::Refund { account, cents } => {
                self.account_with(account, *cents)?;
                Ok(vec![self.step_account(account, |a| a.balance -= cents)])
            }
            What::Freeze { account } => match self.open_account(account)?.frozen {
                true => Err(rule("ALREADY_FROZEN")),
                false => Ok(vec![self.step_account(account, |a| a.frozen = true)]),
            },
            What::Unfreeze { account } => match self.open_account(account)?.frozen {
                false => Err(rule("NOT_FROZEN")),
                true => Ok(vec![self.step_account(account, |a| a.frozen = false)]),
            },
            What::Close { account } => {
                let Account { balance, held, .. } = self.open_account(account)?;
                if (*balance, *held) != (0, 0) {
                    return Err(rule("ACCOUNT_NOT_EMPTY"));
                }
                Ok(vec![self.step_account(account, |a| a.closed = true)])
            }
            What::Initiate { transfer, from, to, cents } => {
                self.initiate(transfer, from, to, *cents, &order.actor)
            }
            What::Approve { transfer: id } => {
                let transfer = self.transfer_in(id, &[State::Initiated])?;
                if transfer.initiator == order.actor {
                    return Err(rule("OWN_APPROVAL"));
                }
                Ok(vec![self.step_transfer(id, State::Approved)])
            }
            What::Reject { transfer: id } => {
                let transfer = self.transfer_in(id, &[State::Initiated])?;
                Ok(self.release(id, &transfer))
            }
            What::Cancel { transfer: id } => {
                let transfer = self.transfer_in(id, &[State::Initiated, State::Approved])?;
                Ok(self.release(id, &transfer))
            }
            What::Execute { transfer } => self.execute(transfer),
        }
    }

    fn initiate(
        &mut self,
        id: &str,
        from: &str,
        to: &str,
        cents: i64,
        actor: &str,
    ) -> Result<Vec<(String, i64)>, Refusal> {
        if from == to {
            return Err((Code::InvalidArgument, "SAME_ACCOUNT"));
        }
        if self.transfers.contains_key(id) {
            return Err((Code::AlreadyExists, "TRANSFER_EXISTS"));
        }
        if !self.accounts.contains_key(from) {
            return Err(ACCOUNT_NOT_FOUND);
        }
        self.open_account(to)?;
        self.account_with(from, cents)?;
        let transfer = Transfer {
            version: 0,
            from: from.to_owned(),
            to: to.to_owned(),
            cents,
            initiator: actor.to_owned(),
            state: State::Initiated,
        };
        self.transfers.insert(id.to_owned(), transfer);
        Ok(vec![
            self.step_transfer(id, State::Initiated),
            self.step_account(from, |a| a.held += cents),
        ])
    }

    fn execute(&mut self, id: &str) -> Result<Vec<(String, i64)>, Refusal> {
        if self.transfers.get(id).is_some_and(|transfer| transfer.state == State::Initiated) {
            return Err(rule("APPROVAL_MISSING"));
        }
        let Transfer { from, to, cents, .. } = self.transfer_in(id, &[State::Approved])?;
        if self.open_account(&from)?.frozen {
            return Err(rule("ACCOUNT_FROZEN"));
        }
        self.open_account(&to)?;
        let transferred = self.step_transfer(id, State::Ended);
        self.step_account(&from, |a| a.held -= cents);
        Ok(vec![
            transferred,
            self.step_account(&from, |a| a.balance -= cents),
            self.step_account(&to, |a| a.balance += cents),
        ])
    }

    fn release(&mut self, id: &str, transfer: &Transfer) -> Vec<(String, i64)> {
        vec![
            self.step_transfer(id, State::Ended),
            self.step_account(&transfer.from, |a| a.held -= transfer.cents),
        ]
    }

    fn open_account(&self, id: &str) -> Result<&Account, Refusal> {
        let account = self.accounts.get(id).ok_or(ACCOUNT_NOT_FOUND)?;
        if account.closed { Err(rule("ACCOUNT_CLOSED")) } else { Ok(account) }
    }

    fn account_with(&self, id: &str, cents: i64) -> Result<(), Refusal> {
        let account = self.open_account(id)?;
        if account.frozen {
            return Err(rule("ACCOUNT_FROZEN"));
        }
        match account.balance - account.held + account.overdraft >= cents {
            true => Ok(()),
            false => Err(rule("INSUFFICIENT_FUNDS")),
        }
    }

    fn transfer_in(&self, id: &str, states: &[State]) -> Result<Transfer, Refusal> {
        let transfer = self.transfers.get(id).ok_or(TRANSFER_NOT_FOUND)?;
        match states.contains(&transfer.state) {
            true => Ok(transfer.clone()),
            false => Err(rule("WRONG_TRANSFER_STATE")),
        }
    }

    /// One event on an account.
    fn step_account(&mut self, id: &str, change: impl FnOnce(&mut Account)) -> (String, i64) {
        let account = self.accounts.get_mut(id).unwrap();
        change(account);
        account.version += 1;
        (format!("account-{id}"), account.version)
    }

    /// One event on a transfer.
    fn step_transfer(&mut self, id: &str, state: State) -> (String, i64) {
        let transfer = self.transfers.get_mut(id).unwrap();
        transfer.state = state;
        transfer.version += 1;
        (format!("transfer-{id}"), transfer.version)
    }
}
