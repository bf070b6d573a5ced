//! Double entry: what each event that moves money posts to which ledger account (G10).
//!
//! Every event balances by itself: its debits equal its credits, so that the sum over any set of events is zero. Between
//! the two halves of a transfer the money stands on transfers-in-transit. Holds move no money and post nothing.

use std::fmt;

use crate::account::{AccountEvent, AccountId};
use crate::money::Money;

/// Positions in a block, of which totals are kept: block n holds the positions from n times this on. Smaller: more rows to
/// sum for a trial balance; larger: more postings to read where it is cut in the middle of a block.
pub const BLOCK_POSITIONS: i64 = 65_536;

/// An account of the ledger: a customer's, or one of the house's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LedgerAccount {
    /// What the house owes the owner of an account: its posted balance.
    Customer(AccountId),
    /// Cash on its way in or out: the other side of deposits and withdrawals.
    CashClearing,
    /// Fees earned.
    FeeIncome,
    /// Refunds that were promised to customers and are to be paid out.
    RefundsPayable,
    /// Money that a transfer took from one account and has yet to bring to the other.
    TransfersInTransit,
}

impl LedgerAccount {
    /// What a trial balance calls it: all customers together, each account of the house by itself.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Customer(_) => "customers",
            Self::CashClearing => "cash-clearing",
            Self::FeeIncome => "fee-income",
            Self::RefundsPayable => "refunds-payable",
            Self::TransfersInTransit => "transfers-in-transit",
        }
    }
}

/// The two sides of every posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Takes from what a customer has.
    Debit,
    /// Adds to what a customer has.
    Credit,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Where it is posted.
    pub account: LedgerAccount,
    /// On which side.
    pub side: Side,
    /// How much, more than zero.
    pub amount: Money,
}

impl Posting {
    /// The amount in minor units as it counts in sums: credits above zero, debits below. The sum over all postings of
    /// [`LedgerAccount::Customer`] is the account's posted balance.
    #[must_use]
    pub fn signed_minor_units(&self) -> i128 {
        match self.side {
            Side::Credit => i128::from(self.amount.minor_units),
            Side::Debit => -i128::from(self.amount.minor_units),
        }
    }
}

/// What an event of an account posts; `None` where it moves no money.
#[must_use]
pub fn postings(account_id: &AccountId, event: &AccountEvent) -> Option<[Posting; 2]> {
    use LedgerAccount as L;
    let customer = || L::Customer(account_id.clone());
    match event {
        AccountEvent::Deposited(e) => Some(entry(L::CashClearing, customer(), e.amount)),
        AccountEvent::Withdrawn(e) => Some(entry(customer(), L::CashClearing, e.amount)),
        AccountEvent::FeeCharged(e) => Some(entry(customer(), L::FeeIncome, e.amount)),
        AccountEvent::Refunded(e) => Some(entry(customer(), L::RefundsPayable, e.amount)),
        AccountEvent::TransferDebited(e) => {
            Some(entry(customer(), L::TransfersInTransit, e.amount))
        }
        AccountEvent::TransferCredited(e) => {
            Some(entry(L::TransfersInTransit, customer(), e.amount))
        }
        AccountEvent::Opened(_)
        | AccountEvent::FundsHeld(_)
        | AccountEvent::HoldReleased(_)
        | AccountEvent::Frozen(_)
        | AccountEvent::Unfrozen(_)
        | AccountEvent::Closed(_) => None,
    }
}

fn entry(debited: LedgerAccount, credited: LedgerAccount, amount: Money) -> [Posting; 2] {
    [
        Posting { account: debited, side: Side::Debit, amount },
        Posting { account: credited, side: Side::Credit, amount },
    ]
}

impl fmt::Display for LedgerAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer(account_id) => write!(f, "customer:{account_id}"),
            house => f.write_str(house.class()),
        }
    }
}
