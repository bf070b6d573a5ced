//! Money: whole minor units with their ISO 4217 currency, and arithmetic that is checked or does not exist.

use std::fmt;
use std::str::FromStr;

use daybook_core::ids::deserialize_text;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 4217 currency that has minor units, such as `USD` (2 decimals), `JPY` (0) or `KWD` (3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

/// Why a text is not a currency or an amount. `Display` says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// Not a code of ISO 4217, or one without minor units (gold, test codes).
    #[error("`{0}` is not an ISO 4217 currency code such as `USD`, in capitals")]
    UnknownCurrency(String),
    /// Not a decimal number such as `237.50`.
    #[error("`{0}` is not an amount such as `237.50`")]
    NotAnAmount(String),
    /// More decimals than the currency has.
    #[error("`{text}` has more decimals than {currency} has: {exponent}")]
    TooManyDecimals {
        /// What was given.
        text: String,
        /// The currency it was given for.
        currency: Currency,
        /// How many decimals it has.
        exponent: u32,
    },
    /// Does not fit 64 bits of minor units.
    #[error("`{0}` is more than 64 bits of minor units can hold")]
    OutOfRange(String),
}

impl Currency {
    /// The three letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount has: 2 for USD, 0 for JPY.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// Reads an amount as people write it, such as `237.50`, `-3` or `0.05`, as minor units. No thousands separators,
    /// no exponents, ASCII digits only.
    ///
    /// # Errors
    /// When the text is no number, has more decimals than the currency, or does not fit.
    pub fn parse_minor_units(self, text: &str) -> Result<i64, InvalidMoney> {
        let not_an_amount = || InvalidMoney::NotAnAmount(excerpt(text));
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if all_digits(fraction) => (whole, fraction),
            Some(_) => return Err(not_an_amount()),
            None => (digits, ""),
        };
        if !all_digits(whole) {
            return Err(not_an_amount());
        }
        let exponent = self.exponent();
        let missing = usize::try_from(exponent)
            .expect("an exponent is one digit")
            .checked_sub(fraction.len())
            .ok_or_else(|| InvalidMoney::TooManyDecimals {
                text: excerpt(text),
                currency: self,
                exponent,
            })?;
        let sign = if negative { "-" } else { "" };
        format!("{sign}{whole}{fraction}{}", "0".repeat(missing))
            .parse()
            .map_err(|_| InvalidMoney::OutOfRange(excerpt(text)))
    }

    /// Minor units as people write them: 23750 is `237.50` in USD.
    #[must_use]
    pub fn format_minor_units(self, minor_units: i64) -> String {
        self.format_wide(i128::from(minor_units))
    }

    /// As [`Currency::format_minor_units`], for sums that may be wider than one amount.
    #[must_use]
    pub fn format_wide(self, minor_units: i128) -> String {
        let scale = 10_u128.pow(self.exponent());
        let sign = if minor_units < 0 { "-" } else { "" };
        let whole = minor_units.unsigned_abs() / scale;
        let fraction = minor_units.unsigned_abs() % scale;
        match usize::try_from(self.exponent()).expect("an exponent is one digit") {
            0 => format!("{sign}{whole}"),
            width => format!("{sign}{whole}.{fraction:0width$}"),
        }
    }
}

/// So much of a wrong text as helps its author; errors are bounded, whatever was sent.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

impl FromStr for Currency {
    type Err = InvalidMoney;

    fn from_str(code: &str) -> Result<Self, InvalidMoney> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or_else(|| InvalidMoney::UnknownCurrency(excerpt(code)))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text(deserializer, str::parse)
    }
}

/// An amount of one currency. May be negative or zero; commands that need a positive one check it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units, such as cents.
    pub minor_units: i64,
    /// The currency they are of.
    pub currency: Currency,
}

impl Money {
    /// An amount of `currency` in whole minor units.
    #[must_use]
    pub fn new(minor_units: i64, currency: Currency) -> Self {
        Self { minor_units, currency }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.format_minor_units(self.minor_units), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
