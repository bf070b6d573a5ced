//! Words for scenarios: ids, amounts, commands and events with boring defaults.

use daybook_bank::account::Account;
use daybook_bank::account::event::{AccountClosed, AccountFrozen, AccountOpened, MoneyDeposited};
use daybook_bank::account::{AccountCommand, AccountEvent, AccountId};
use daybook_bank::money::{Currency, Money};
use daybook_bank::transfer::{Transfer, TransferCommand, TransferId};
use daybook_bank::{Bank, BankEvent, BankState};
use daybook_core::compose::Part as _;
use daybook_core::ids::Actor;
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_core::testing::Scenario;

pub(crate) fn account_id(id: &str) -> AccountId {
    AccountId::new(id).unwrap()
}

pub(crate) fn transfer_id(id: &str) -> TransferId {
    TransferId::new(id).unwrap()
}

/// The stream of an account.
pub(crate) fn account(id: &str) -> StreamId {
    account_id(id).stream_id()
}

/// The stream of a transfer.
pub(crate) fn transfer(id: &str) -> StreamId {
    transfer_id(id).stream_id()
}

pub(crate) fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

/// An amount such as `usd("12.50")`.
pub(crate) fn usd(text: &str) -> Money {
    money(text, "USD")
}

pub(crate) fn money(text: &str, code: &str) -> Money {
    Money::new(currency(code).parse_minor_units(text).unwrap(), currency(code))
}

/// Dollars as minor units: balances and holds in events are plain numbers.
pub(crate) fn cents(text: &str) -> i64 {
    usd(text).minor_units
}

pub(crate) fn person(name: &str) -> Personal {
    Personal::new(name).unwrap()
}

pub(crate) fn actor(name: &str) -> Actor {
    Actor::new(name).unwrap()
}

pub(crate) fn opened_in(code: &str, overdraft_limit: i64) -> BankEvent {
    let currency = currency(code);
    let owner = person("Alice");
    AccountEvent::from(AccountOpened { owner, currency, overdraft_limit }).into()
}

pub(crate) fn opened() -> BankEvent {
    opened_in("USD", 0)
}

pub(crate) fn deposited(amount: &str) -> BankEvent {
    AccountEvent::from(MoneyDeposited { amount: usd(amount), balance: cents(amount) }).into()
}

pub(crate) fn frozen() -> BankEvent {
    AccountEvent::from(AccountFrozen {}).into()
}

pub(crate) fn closed() -> BankEvent {
    AccountEvent::from(AccountClosed {}).into()
}

/// An account `alice` in USD with this much on it.
pub(crate) fn alice_has(amount: &str) -> Scenario<Bank> {
    alice_of(Bank::default(), amount)
}

pub(crate) fn alice_of(bank: Bank, amount: &str) -> Scenario<Bank> {
    Scenario::new(bank).given(account("alice"), opened()).given(account("alice"), deposited(amount))
}

pub(crate) fn open(id: &str) -> AccountCommand {
    AccountCommand::OpenAccount {
        account_id: account_id(id),
        owner: person("Alice"),
        currency: currency("USD"),
        overdraft_limit: 0,
    }
}

pub(crate) fn deposit(id: &str, amount: Money) -> AccountCommand {
    AccountCommand::Deposit { account_id: account_id(id), amount }
}

pub(crate) fn withdraw(id: &str, amount: Money) -> AccountCommand {
    AccountCommand::Withdraw { account_id: account_id(id), amount }
}

pub(crate) fn charge_fee(id: &str, amount: Money) -> AccountCommand {
    AccountCommand::ChargeFee { account_id: account_id(id), amount }
}

pub(crate) fn refund(id: &str, amount: Money) -> AccountCommand {
    AccountCommand::Refund { account_id: account_id(id), amount, customer: person("Carol") }
}

pub(crate) fn freeze(id: &str) -> AccountCommand {
    AccountCommand::FreezeAccount { account_id: account_id(id) }
}

pub(crate) fn unfreeze(id: &str) -> AccountCommand {
    AccountCommand::UnfreezeAccount { account_id: account_id(id) }
}

pub(crate) fn close(id: &str) -> AccountCommand {
    AccountCommand::CloseAccount { account_id: account_id(id) }
}

pub(crate) fn initiate(
    id: &str,
    source: &str,
    destination: &str,
    amount: Money,
) -> TransferCommand {
    TransferCommand::InitiateTransfer {
        source: account_id(source),
        transfer_id: transfer_id(id),
        destination: account_id(destination),
        amount,
    }
}

pub(crate) fn approve(id: &str) -> TransferCommand {
    TransferCommand::ApproveTransfer { transfer_id: transfer_id(id) }
}

pub(crate) fn reject(id: &str) -> TransferCommand {
    TransferCommand::RejectTransfer { transfer_id: transfer_id(id) }
}

pub(crate) fn cancel(id: &str) -> TransferCommand {
    TransferCommand::CancelTransfer { transfer_id: transfer_id(id) }
}

pub(crate) fn execute(id: &str) -> TransferCommand {
    TransferCommand::ExecuteTransfer { transfer_id: transfer_id(id) }
}

/// The state of an account in a scenario.
pub(crate) fn account_in<'a>(scenario: &'a Scenario<Bank>, id: &str) -> &'a Account {
    scenario.state(&account(id)).and_then(BankState::part).unwrap()
}

/// The state of a transfer in a scenario.
pub(crate) fn transfer_in<'a>(scenario: &'a Scenario<Bank>, id: &str) -> &'a Transfer {
    scenario.state(&transfer(id)).and_then(BankState::part).unwrap()
}
