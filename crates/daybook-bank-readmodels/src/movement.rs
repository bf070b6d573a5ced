//! What an account's event says about money that moved: the common ground of statements and daily activity.

use daybook_bank::account::AccountEvent;
use daybook_bank::money::Money;
use daybook_core::personal::Personal;

use daybook_readmodels::projection::FoldError;

/// Money that came onto an account or left it.
pub struct Movement<'a> {
    /// As stored: `deposit`, `withdrawal`, `fee`, `refund`, `transfer_in` or `transfer_out`.
    pub kind: &'static str,
    /// As the event has it, without sign.
    pub amount: Money,
    outgoing: bool,
    /// Posted balance after it, in minor units.
    pub balance: i64,
    /// The other account of a transfer.
    pub counterparty: Option<&'a str>,
    /// Who got a refund.
    pub customer: Option<&'a Personal>,
    /// The transfer that moved it, where one did.
    pub transfer_id: Option<&'a str>,
}

impl<'a> Movement<'a> {
    /// The movement, if the event is one.
    #[must_use]
    pub fn of(event: &'a AccountEvent) -> Option<Self> {
        let plain = |kind, amount, outgoing, balance| {
            let (counterparty, customer, transfer_id) = (None, None, None);
            Some(Self { kind, amount, outgoing, balance, counterparty, customer, transfer_id })
        };
        match event {
            AccountEvent::Deposited(e) => plain("deposit", e.amount, false, e.balance),
            AccountEvent::Withdrawn(e) => plain("withdrawal", e.amount, true, e.balance),
            AccountEvent::FeeCharged(e) => plain("fee", e.amount, true, e.balance),
            AccountEvent::Refunded(e) => Some(Self {
                customer: Some(&e.customer),
                ..plain("refund", e.amount, true, e.balance)?
            }),
            AccountEvent::TransferDebited(e) => Some(Self {
                counterparty: Some(e.counterparty.as_str()),
                transfer_id: Some(e.transfer_id.as_str()),
                ..plain("transfer_out", e.amount, true, e.balance)?
            }),
            AccountEvent::TransferCredited(e) => Some(Self {
                counterparty: Some(e.counterparty.as_str()),
                transfer_id: Some(e.transfer_id.as_str()),
                ..plain("transfer_in", e.amount, false, e.balance)?
            }),
            AccountEvent::Opened(_)
            | AccountEvent::FundsHeld(_)
            | AccountEvent::HoldReleased(_)
            | AccountEvent::Frozen(_)
            | AccountEvent::Unfrozen(_)
            | AccountEvent::Closed(_) => None,
        }
    }

    /// In minor units: above zero what came in, below zero what went out.
    ///
    /// # Errors
    /// When the amount has no opposite in 64 bits.
    pub fn signed_amount(&self) -> Result<i64, FoldError> {
        let amount = self.amount.minor_units;
        if self.outgoing { amount.checked_neg() } else { Some(amount) }
            .ok_or_else(|| FoldError(format!("the amount {amount} has no opposite in 64 bits")))
    }
}
