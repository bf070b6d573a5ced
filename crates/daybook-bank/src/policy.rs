//! What the operator decides where the rules leave it open.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::money::{Currency, InvalidMoney, Money};

/// The operator's choices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Transfers of less than this many minor units need no second person. A currency that is absent always needs one.
    pub approval_not_needed_below: BTreeMap<Currency, i64>,
}

/// Why a text is not a policy. `Display` says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// Not `CURRENCY=AMOUNT`.
    #[error("`{0}` is not of the form `USD=100.00`")]
    NotAPair(String),
    /// The currency or the amount is wrong.
    #[error(transparent)]
    Money(#[from] InvalidMoney),
    /// An amount below zero.
    #[error("the amount for {0} is below zero")]
    Negative(Currency),
    /// A currency that is named twice.
    #[error("{0} is named twice")]
    Repeated(Currency),
}

impl Policy {
    /// Whether a transfer of `amount` must be approved by a second person.
    #[must_use]
    pub fn requires_approval(&self, amount: Money) -> bool {
        self.approval_not_needed_below
            .get(&amount.currency)
            .is_none_or(|limit| amount.minor_units >= *limit)
    }
}

impl FromStr for Policy {
    type Err = InvalidPolicy;

    /// Reads `USD=100.00,EUR=50`: the amounts below which transfers need no approval. Empty: all need one.
    fn from_str(text: &str) -> Result<Self, InvalidPolicy> {
        let mut approval_not_needed_below = BTreeMap::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (currency, amount) =
                pair.split_once('=').ok_or_else(|| InvalidPolicy::NotAPair(pair.to_owned()))?;
            let currency: Currency = currency.parse()?;
            let limit = currency.parse_minor_units(amount)?;
            if limit < 0 {
                return Err(InvalidPolicy::Negative(currency));
            }
            if approval_not_needed_below.insert(currency, limit).is_some() {
                return Err(InvalidPolicy::Repeated(currency));
            }
        }
        Ok(Self { approval_not_needed_below })
    }
}
