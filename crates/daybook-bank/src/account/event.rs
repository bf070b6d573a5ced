//! What happens to accounts.
//!
//! Every event that moves money carries the posted balance after it, and every hold the sum held after it: each event
//! answers "what was it then?" by itself, and a reader that disagrees with its own fold has found an error.

use daybook_core::event::{PersonalVisitor, event_payload};
use daybook_core::personal::Personal;
use daybook_core::upcast::Upcaster;
use serde::{Deserialize, Serialize};

use super::AccountId;
use crate::money::{Currency, Money};
use crate::transfer::TransferId;

/// An event of one account's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEvent {
    /// `account-opened`
    Opened(AccountOpened),
    /// `money-deposited`
    Deposited(MoneyDeposited),
    /// `money-withdrawn`
    Withdrawn(MoneyWithdrawn),
    /// `fee-charged`
    FeeCharged(FeeCharged),
    /// `money-refunded`
    Refunded(MoneyRefunded),
    /// `funds-held`
    FundsHeld(FundsHeld),
    /// `hold-released`
    HoldReleased(HoldReleased),
    /// `transfer-debited`
    TransferDebited(TransferDebited),
    /// `transfer-credited`
    TransferCredited(TransferCredited),
    /// `account-frozen`
    Frozen(AccountFrozen),
    /// `account-unfrozen`
    Unfrozen(AccountUnfrozen),
    /// `account-closed`
    Closed(AccountClosed),
}

event_payload! {
    AccountEvent, upcasters: UPCASTERS, personal: visit_personal;
    Opened(AccountOpened) = "account-opened", 1;
    Deposited(MoneyDeposited) = "money-deposited", 1;
    Withdrawn(MoneyWithdrawn) = "money-withdrawn", 1;
    FeeCharged(FeeCharged) = "fee-charged", 1;
    Refunded(MoneyRefunded) = "money-refunded", 1;
    FundsHeld(FundsHeld) = "funds-held", 1;
    HoldReleased(HoldReleased) = "hold-released", 1;
    TransferDebited(TransferDebited) = "transfer-debited", 1;
    TransferCredited(TransferCredited) = "transfer-credited", 1;
    Frozen(AccountFrozen) = "account-frozen", 1;
    Unfrozen(AccountUnfrozen) = "account-unfrozen", 1;
    Closed(AccountClosed) = "account-closed", 1;
}

/// How payloads of older schema versions are read: none yet.
const UPCASTERS: &[Upcaster] = &[];

fn visit_personal(event: &mut AccountEvent, visit: PersonalVisitor<'_>) {
    match event {
        AccountEvent::Opened(opened) => visit("owner", &mut opened.owner),
        AccountEvent::Refunded(refunded) => visit("customer", &mut refunded.customer),
        AccountEvent::Deposited(_)
        | AccountEvent::Withdrawn(_)
        | AccountEvent::FeeCharged(_)
        | AccountEvent::FundsHeld(_)
        | AccountEvent::HoldReleased(_)
        | AccountEvent::TransferDebited(_)
        | AccountEvent::TransferCredited(_)
        | AccountEvent::Frozen(_)
        | AccountEvent::Unfrozen(_)
        | AccountEvent::Closed(_) => {}
    }
}

/// An account was opened, with nothing on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOpened {
    /// Whose it is.
    pub owner: Personal,
    /// The one currency it is held in.
    pub currency: Currency,
    /// How far below zero it may go, in minor units; zero or more.
    pub overdraft_limit: i64,
}

/// Money came in from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyDeposited {
    /// Amount paid in.
    pub amount: Money,
    /// Posted balance after it, in minor units.
    pub balance: i64,
}

/// Money went out to the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyWithdrawn {
    /// Amount paid out.
    pub amount: Money,
    /// Posted balance after it, in minor units.
    pub balance: i64,
}

/// A fee was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeCharged {
    /// Amount of the fee.
    pub amount: Money,
    /// Posted balance after it, in minor units.
    pub balance: i64,
}

/// Money was given back out of the account to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyRefunded {
    /// Amount paid back.
    pub amount: Money,
    /// Who got it.
    pub customer: Personal,
    /// Posted balance after it, in minor units.
    pub balance: i64,
}

/// Money was set aside for a transfer: still posted, no longer available.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundsHeld {
    /// The transfer it is for.
    pub transfer_id: TransferId,
    /// Amount set aside.
    pub amount: Money,
    /// Sum of all holds after it, in minor units.
    pub held: i64,
}

/// Money set aside for a transfer was let go: the transfer was executed, rejected or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldReleased {
    /// The transfer it was for.
    pub transfer_id: TransferId,
    /// Amount no longer set aside.
    pub amount: Money,
    /// Sum of all holds after it, in minor units.
    pub held: i64,
}

/// A transfer took money out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferDebited {
    /// The transfer.
    pub transfer_id: TransferId,
    /// The account it went to.
    pub counterparty: AccountId,
    /// Amount taken out.
    pub amount: Money,
    /// Posted balance after it, in minor units.
    pub balance: i64,
}

/// A transfer brought money in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferCredited {
    /// The transfer.
    pub transfer_id: TransferId,
    /// The account it came from.
    pub counterparty: AccountId,
    /// Amount brought in.
    pub amount: Money,
    /// Posted balance after it, in minor units.
    pub balance: i64,
}

/// Debits are refused from now on; credits are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFrozen {}

/// Debits are allowed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUnfrozen {}

/// The account is closed for good, with nothing on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClosed {}
