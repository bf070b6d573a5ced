//! What an account answers to each command: the event, or the rule that forbids it.

use daybook_core::personal::Personal;

use super::event::{
    AccountClosed, AccountFrozen, AccountOpened, AccountUnfrozen, FeeCharged, MoneyDeposited,
    MoneyRefunded, MoneyWithdrawn,
};
use super::rules::check_positive;
use super::{Account, AccountCommand, AccountError, AccountEvent, AccountId, AccountStatus};
use crate::money::{Currency, Money};

/// Decides a command against the account that it names, `None` while that was never opened.
pub(crate) fn decide(
    command: &AccountCommand,
    account: Option<&Account>,
) -> Result<AccountEvent, AccountError> {
    use AccountCommand as C;
    match command {
        C::OpenAccount { account_id, owner, currency, overdraft_limit } => {
            open(account_id, account, owner, *currency, *overdraft_limit)
        }
        C::Deposit { account_id, amount } => deposit(account_id, account, *amount),
        C::Withdraw { account_id, amount } => withdraw(account_id, account, *amount),
        C::ChargeFee { account_id, amount } => charge_fee(account_id, account, *amount),
        C::Refund { account_id, amount, customer } => {
            refund(account_id, account, *amount, customer)
        }
        C::FreezeAccount { account_id } => freeze(account_id, account),
        C::UnfreezeAccount { account_id } => unfreeze(account_id, account),
        C::CloseAccount { account_id } => close(account_id, account),
    }
}

/// The account, or the refusal that says that it does not exist.
pub(crate) fn account_of<'a>(
    id: &AccountId,
    account: Option<&'a Account>,
) -> Result<&'a Account, AccountError> {
    account.ok_or_else(|| AccountError::NotFound { account_id: id.clone() })
}

fn open(
    id: &AccountId,
    account: Option<&Account>,
    owner: &Personal,
    currency: Currency,
    overdraft_limit: i64,
) -> Result<AccountEvent, AccountError> {
    if overdraft_limit < 0 {
        return Err(AccountError::OverdraftLimitNegative {
            account_id: id.clone(),
            overdraft_limit: Money::new(overdraft_limit, currency),
        });
    }
    if account.is_some() {
        return Err(AccountError::Exists { account_id: id.clone() });
    }
    Ok(AccountOpened { owner: owner.clone(), currency, overdraft_limit }.into())
}

fn deposit(
    id: &AccountId,
    account: Option<&Account>,
    amount: Money,
) -> Result<AccountEvent, AccountError> {
    check_positive(id, amount)?;
    let balance = account_of(id, account)?.credit(id, amount)?;
    Ok(MoneyDeposited { amount, balance }.into())
}

fn withdraw(
    id: &AccountId,
    account: Option<&Account>,
    amount: Money,
) -> Result<AccountEvent, AccountError> {
    check_positive(id, amount)?;
    let balance = account_of(id, account)?.debit(id, amount)?;
    Ok(MoneyWithdrawn { amount, balance }.into())
}

fn charge_fee(
    id: &AccountId,
    account: Option<&Account>,
    amount: Money,
) -> Result<AccountEvent, AccountError> {
    check_positive(id, amount)?;
    let balance = account_of(id, account)?.debit(id, amount)?;
    Ok(FeeCharged { amount, balance }.into())
}

fn refund(
    id: &AccountId,
    account: Option<&Account>,
    amount: Money,
    customer: &Personal,
) -> Result<AccountEvent, AccountError> {
    check_positive(id, amount)?;
    let balance = account_of(id, account)?.debit(id, amount)?;
    Ok(MoneyRefunded { amount, customer: customer.clone(), balance }.into())
}

fn freeze(id: &AccountId, account: Option<&Account>) -> Result<AccountEvent, AccountError> {
    let account = account_of(id, account)?;
    account.check_not_closed(id)?;
    if account.status == AccountStatus::Frozen {
        return Err(AccountError::AlreadyFrozen { account_id: id.clone() });
    }
    Ok(AccountFrozen {}.into())
}

fn unfreeze(id: &AccountId, account: Option<&Account>) -> Result<AccountEvent, AccountError> {
    let account = account_of(id, account)?;
    account.check_not_closed(id)?;
    if account.status != AccountStatus::Frozen {
        return Err(AccountError::NotFrozen { account_id: id.clone() });
    }
    Ok(AccountUnfrozen {}.into())
}

fn close(id: &AccountId, account: Option<&Account>) -> Result<AccountEvent, AccountError> {
    let account = account_of(id, account)?;
    account.check_not_closed(id)?;
    if account.balance != 0 || account.held != 0 {
        return Err(AccountError::NotEmpty {
            account_id: id.clone(),
            currency: account.currency,
            balance: account.balance,
            held: account.held,
        });
    }
    Ok(AccountClosed {}.into())
}
