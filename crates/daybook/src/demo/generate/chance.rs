//! Everything that is left to chance.

use daybook_bank::money::Currency;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const CLERKS: [&str; 5] = ["clerk-ann", "clerk-ben", "clerk-cleo", "clerk-dan", "clerk-eve"];
const FIRST_NAMES: [&str; 8] = ["Ada", "Björn", "Chloé", "Deniz", "Emre", "Fatou", "Grace", "Hiro"];
const LAST_NAMES: [&str; 8] =
    ["Almeida", "Brandt", "Çelik", "Diallo", "Evans", "Fischer", "Ito", "Kaya"];

/// Codes with how often they occur, of ten; with two, no and three decimals.
const CURRENCIES: [(&str, usize); 5] = [("USD", 4), ("EUR", 3), ("GBP", 1), ("JPY", 1), ("KWD", 1)];

/// Chance that is the same whenever it begins with the same seed.
pub(super) struct Chance(StdRng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0.random_range(0..limit)
    }

    /// An index into something that has `length` items. (Drawn as u64, so that it is the same on every machine.)
    pub(super) fn index(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).expect("a length fits 64 bits");
        usize::try_from(self.below(length)).expect("it is less than a length")
    }

    pub(super) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    pub(super) fn currency(&mut self) -> Currency {
        let spread = CURRENCIES.iter().flat_map(|(code, times)| std::iter::repeat_n(code, *times));
        let codes: Vec<_> = spread.collect();
        let code = codes[self.index(codes.len())];
        code.parse().expect("the list holds codes of ISO 4217")
    }

    /// From one minor unit to `whole_max` whole units.
    pub(super) fn amount(&mut self, currency: Currency, whole_max: i64) -> i64 {
        let unit = 10_i64.pow(currency.exponent());
        self.0.random_range(1..=whole_max * unit)
    }

    /// Mostly a part of what is available; now and then more, which must be refused.
    pub(super) fn spend(&mut self, currency: Currency, available: i128) -> i64 {
        let available = i64::try_from(available.max(0)).unwrap_or(i64::MAX / 4);
        if available < 4 || self.percent(4) {
            return available + self.amount(currency, 100);
        }
        self.0.random_range(1..=available / 4)
    }

    pub(super) fn clerk(&mut self) -> &'static str {
        CLERKS[self.index(CLERKS.len())]
    }

    pub(super) fn clerk_other_than(&mut self, name: &str) -> &'static str {
        let clerk = self.clerk();
        if clerk != name {
            return clerk;
        }
        CLERKS.into_iter().find(|clerk| *clerk != name).unwrap_or(clerk)
    }

    pub(super) fn person(&mut self) -> String {
        let first = FIRST_NAMES[self.index(FIRST_NAMES.len())];
        let last = LAST_NAMES[self.index(LAST_NAMES.len())];
        format!("{first} {last}")
    }
}
