//! Why an account refuses: one variant a rule, with the numbers that it compared.

use daybook_core::domain::{Rejection, RejectionKind};

use crate::account::AccountId;
use crate::money::{Currency, Money};

/// A broken rule of an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// It was never opened.
    #[error("account `{account_id}` does not exist")]
    NotFound {
        /// The id that the command names.
        account_id: AccountId,
    },
    /// It was opened before.
    #[error("account `{account_id}` exists already")]
    Exists {
        /// The id that is taken.
        account_id: AccountId,
    },
    /// It is closed, for good.
    #[error("account `{account_id}` is closed")]
    Closed {
        /// The account that refuses.
        account_id: AccountId,
    },
    /// It is frozen: nothing may be taken out or set aside.
    #[error("account `{account_id}` is frozen and allows no debits")]
    Frozen {
        /// The account that refuses.
        account_id: AccountId,
    },
    /// More was asked for than is available.
    #[error(
        "account `{account_id}` has {} available and {requested} was requested \
         (balance {}, held {}, overdraft limit {})",
        requested.currency.format_wide(*available),
        requested.currency.format_minor_units(*balance),
        requested.currency.format_minor_units(*held),
        requested.currency.format_minor_units(*overdraft_limit)
    )]
    InsufficientFunds {
        /// The account that refuses.
        account_id: AccountId,
        /// What was asked for.
        requested: Money,
        /// What may be taken out, in minor units.
        available: i128,
        /// What is posted, in minor units.
        balance: i64,
        /// What is set aside, in minor units.
        held: i64,
        /// How far below zero it may go, in minor units.
        overdraft_limit: i64,
    },
    /// The amount is of another currency than the account.
    #[error("account `{account_id}` is held in {expected}, not in {given}")]
    CurrencyMismatch {
        /// The account that refuses.
        account_id: AccountId,
        /// The account's.
        expected: Currency,
        /// The amount's.
        given: Currency,
    },
    /// The amount is zero or less.
    #[error("the amount for account `{account_id}` must be more than zero and is {amount}")]
    AmountNotPositive {
        /// The account that refuses.
        account_id: AccountId,
        /// What was given.
        amount: Money,
    },
    /// The overdraft limit is below zero.
    #[error(
        "the overdraft limit of account `{account_id}` must not be below zero and is {overdraft_limit}"
    )]
    OverdraftLimitNegative {
        /// The account that refuses.
        account_id: AccountId,
        /// What was given.
        overdraft_limit: Money,
    },
    /// Balance and overdraft limit together would no longer fit 64 bits.
    #[error(
        "account `{account_id}` cannot hold {amount} more: balance {} and overdraft limit {} \
         would exceed what 64 bits of minor units can hold",
        amount.currency.format_minor_units(*balance),
        amount.currency.format_minor_units(*overdraft_limit)
    )]
    BalanceOverflow {
        /// The account that refuses.
        account_id: AccountId,
        /// What was to be posted.
        amount: Money,
        /// What is posted, in minor units.
        balance: i64,
        /// How far below zero it may go, in minor units.
        overdraft_limit: i64,
    },
    /// It is to be closed, and not empty.
    #[error(
        "account `{account_id}` must be empty to be closed, and has a balance of {} {currency} and holds of {}",
        currency.format_minor_units(*balance),
        currency.format_minor_units(*held)
    )]
    NotEmpty {
        /// The account that refuses.
        account_id: AccountId,
        /// Its currency.
        currency: Currency,
        /// What is posted, in minor units.
        balance: i64,
        /// What is set aside, in minor units.
        held: i64,
    },
    /// It is to be frozen, and is.
    #[error("account `{account_id}` is frozen already")]
    AlreadyFrozen {
        /// The account that refuses.
        account_id: AccountId,
    },
    /// It is to be unfrozen, and is not frozen.
    #[error("account `{account_id}` is not frozen")]
    NotFrozen {
        /// The account that refuses.
        account_id: AccountId,
    },
}

impl AccountError {
    /// The account that refuses.
    #[must_use]
    pub fn account_id(&self) -> &AccountId {
        match self {
            Self::NotFound { account_id }
            | Self::Exists { account_id }
            | Self::Closed { account_id }
            | Self::Frozen { account_id }
            | Self::InsufficientFunds { account_id, .. }
            | Self::CurrencyMismatch { account_id, .. }
            | Self::AmountNotPositive { account_id, .. }
            | Self::OverdraftLimitNegative { account_id, .. }
            | Self::BalanceOverflow { account_id, .. }
            | Self::NotEmpty { account_id, .. }
            | Self::AlreadyFrozen { account_id }
            | Self::NotFrozen { account_id } => account_id,
        }
    }
}

impl Rejection for AccountError {
    fn kind(&self) -> RejectionKind {
        match self {
            Self::NotFound { .. } => RejectionKind::NotFound,
            Self::Exists { .. } => RejectionKind::AlreadyExists,
            Self::CurrencyMismatch { .. } => RejectionKind::Invalid { field: "amount.currency" },
            Self::AmountNotPositive { .. } => {
                RejectionKind::Invalid { field: "amount.minor_units" }
            }
            Self::OverdraftLimitNegative { .. } => {
                RejectionKind::Invalid { field: "overdraft_limit_minor_units" }
            }
            Self::Closed { .. }
            | Self::Frozen { .. }
            | Self::InsufficientFunds { .. }
            | Self::BalanceOverflow { .. }
            | Self::NotEmpty { .. }
            | Self::AlreadyFrozen { .. }
            | Self::NotFrozen { .. } => RejectionKind::RuleBroken,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "ACCOUNT_NOT_FOUND",
            Self::Exists { .. } => "ACCOUNT_EXISTS",
            Self::Closed { .. } => "ACCOUNT_CLOSED",
            Self::Frozen { .. } => "ACCOUNT_FROZEN",
            Self::InsufficientFunds { .. } => "INSUFFICIENT_FUNDS",
            Self::CurrencyMismatch { .. } => "CURRENCY_MISMATCH",
            Self::AmountNotPositive { .. } => "AMOUNT_NOT_POSITIVE",
            Self::OverdraftLimitNegative { .. } => "OVERDRAFT_LIMIT_NEGATIVE",
            Self::BalanceOverflow { .. } => "BALANCE_OVERFLOW",
            Self::NotEmpty { .. } => "ACCOUNT_NOT_EMPTY",
            Self::AlreadyFrozen { .. } => "ALREADY_FROZEN",
            Self::NotFrozen { .. } => "NOT_FROZEN",
        }
    }

    fn subject(&self) -> String {
        self.account_id().stream_id().to_string()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::InsufficientFunds {
                requested,
                available,
                balance,
                held,
                overdraft_limit,
                ..
            } => vec![
                ("available", available.to_string()),
                ("requested", requested.minor_units.to_string()),
                ("balance", balance.to_string()),
                ("held", held.to_string()),
                ("overdraft_limit", overdraft_limit.to_string()),
                ("currency", requested.currency.to_string()),
            ],
            Self::CurrencyMismatch { expected, given, .. } => {
                vec![("expected", expected.to_string()), ("given", given.to_string())]
            }
            Self::AmountNotPositive { amount, .. } => vec![
                ("amount", amount.minor_units.to_string()),
                ("currency", amount.currency.to_string()),
            ],
            Self::OverdraftLimitNegative { overdraft_limit, .. } => vec![
                ("overdraft_limit", overdraft_limit.minor_units.to_string()),
                ("currency", overdraft_limit.currency.to_string()),
            ],
            Self::BalanceOverflow { amount, balance, overdraft_limit, .. } => vec![
                ("amount", amount.minor_units.to_string()),
                ("balance", balance.to_string()),
                ("overdraft_limit", overdraft_limit.to_string()),
                ("currency", amount.currency.to_string()),
            ],
            Self::NotEmpty { currency, balance, held, .. } => vec![
                ("balance", balance.to_string()),
                ("held", held.to_string()),
                ("currency", currency.to_string()),
            ],
            Self::NotFound { .. }
            | Self::Exists { .. }
            | Self::Closed { .. }
            | Self::Frozen { .. }
            | Self::AlreadyFrozen { .. }
            | Self::NotFrozen { .. } => Vec::new(),
        }
    }
}
