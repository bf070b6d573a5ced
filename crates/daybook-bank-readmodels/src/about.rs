//! How much each of the bank's events is about, as the read model `audit` has it.

use daybook_bank::BankEvent;
use daybook_bank::account::AccountEvent;
use daybook_bank::money::Money;
use daybook_bank::transfer::TransferEvent;
use daybook_readmodels::audit::About;

/// How much an event is about.
#[must_use]
pub fn about(event: &BankEvent) -> About {
    match event {
        BankEvent::Account(event) => of_account(event),
        BankEvent::Transfer(TransferEvent::Initiated(e)) => amount(e.amount),
        BankEvent::Transfer(
            TransferEvent::Approved(_)
            | TransferEvent::Rejected(_)
            | TransferEvent::Cancelled(_)
            | TransferEvent::Executed(_),
        ) => About::AmountOfFirst,
    }
}

fn of_account(event: &AccountEvent) -> About {
    match event {
        AccountEvent::Deposited(e) => amount(e.amount),
        AccountEvent::Withdrawn(e) => amount(e.amount),
        AccountEvent::FeeCharged(e) => amount(e.amount),
        AccountEvent::Refunded(e) => amount(e.amount),
        AccountEvent::FundsHeld(e) => amount(e.amount),
        AccountEvent::HoldReleased(e) => amount(e.amount),
        AccountEvent::TransferDebited(e) => amount(e.amount),
        AccountEvent::TransferCredited(e) => amount(e.amount),
        AccountEvent::Opened(_)
        | AccountEvent::Frozen(_)
        | AccountEvent::Unfrozen(_)
        | AccountEvent::Closed(_) => About::Nothing,
    }
}

fn amount(money: Money) -> About {
    About::Amount { minor_units: money.minor_units, currency: money.currency.code() }
}
