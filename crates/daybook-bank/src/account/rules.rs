//! The rules of one account: may this amount come in, go out, be set aside?
//!
//! Each answers with the number after it, which goes into the event. The invariant that they keep:
//! 0 ≤ available, and balance + overdraft limit ≤ `i64::MAX`. A hold only lowers what is available, so releasing one
//! can neither overflow nor be refused.

use super::{Account, AccountError, AccountId, AccountStatus};
use crate::money::Money;

impl Account {
    /// The balance after `amount` came in.
    pub(crate) fn credit(&self, id: &AccountId, amount: Money) -> Result<i64, AccountError> {
        self.check_usable_for(id, amount)?;
        self.balance
            .checked_add(amount.minor_units)
            .filter(|balance| balance.checked_add(self.overdraft_limit).is_some())
            .ok_or_else(|| self.overflow(id, amount))
    }

    /// The balance after `amount` went out.
    pub(crate) fn debit(&self, id: &AccountId, amount: Money) -> Result<i64, AccountError> {
        self.check_may_lose(id, amount)?;
        self.balance.checked_sub(amount.minor_units).ok_or_else(|| self.overflow(id, amount))
    }

    /// The sum of holds after `amount` was set aside.
    pub(crate) fn hold(&self, id: &AccountId, amount: Money) -> Result<i64, AccountError> {
        self.check_may_lose(id, amount)?;
        self.held.checked_add(amount.minor_units).ok_or_else(|| self.overflow(id, amount))
    }

    /// The sum of holds after `amount` was let go. Never refused: a transfer that ends must not leave money stuck.
    pub(crate) fn release(&self, amount: Money) -> i64 {
        // Both are zero or more, so the difference always fits.
        self.held.saturating_sub(amount.minor_units)
    }

    /// Whether it is anything but closed.
    pub(crate) fn check_not_closed(&self, id: &AccountId) -> Result<(), AccountError> {
        match self.status {
            AccountStatus::Closed => Err(AccountError::Closed { account_id: id.clone() }),
            AccountStatus::Open | AccountStatus::Frozen => Ok(()),
        }
    }

    /// Whether it is neither closed nor of another currency.
    pub(crate) fn check_usable_for(
        &self,
        id: &AccountId,
        amount: Money,
    ) -> Result<(), AccountError> {
        self.check_not_closed(id)?;
        if amount.currency == self.currency {
            return Ok(());
        }
        Err(AccountError::CurrencyMismatch {
            account_id: id.clone(),
            expected: self.currency,
            given: amount.currency,
        })
    }

    fn check_may_lose(&self, id: &AccountId, amount: Money) -> Result<(), AccountError> {
        self.check_usable_for(id, amount)?;
        if self.status == AccountStatus::Frozen {
            return Err(AccountError::Frozen { account_id: id.clone() });
        }
        if i128::from(amount.minor_units) <= self.available() {
            return Ok(());
        }
        Err(AccountError::InsufficientFunds {
            account_id: id.clone(),
            requested: amount,
            available: self.available(),
            balance: self.balance,
            held: self.held,
            overdraft_limit: self.overdraft_limit,
        })
    }

    fn overflow(&self, id: &AccountId, amount: Money) -> AccountError {
        AccountError::BalanceOverflow {
            account_id: id.clone(),
            amount,
            balance: self.balance,
            overdraft_limit: self.overdraft_limit,
        }
    }
}

/// Whether an amount is more than zero, as every amount of a command must be.
pub(crate) fn check_positive(id: &AccountId, amount: Money) -> Result<(), AccountError> {
    if amount.minor_units > 0 {
        return Ok(());
    }
    Err(AccountError::AmountNotPositive { account_id: id.clone(), amount })
}
