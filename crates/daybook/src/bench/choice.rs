//! Which account a command is for: any alike, a few much more often than the others, or always the same one.

use std::str::FromStr;
use std::sync::Arc;

use rand::Rng;
use rand::rngs::StdRng;

/// The skew of `zipf` where none is said: that of YCSB, the usual measure of key-value stores.
const SKEW_USUAL: f64 = 0.99;

/// How accounts are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Choice {
    /// Each as often as any other.
    Uniform,
    /// The k-th in proportion to 1 / k^skew.
    Zipf(f64),
    /// Always the first.
    Hot,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=').unwrap_or((text, "")) {
            ("uniform", "") => Ok(Self::Uniform),
            ("hot", "") => Ok(Self::Hot),
            ("zipf", "") => Ok(Self::Zipf(SKEW_USUAL)),
            ("zipf", skew) => match skew.parse::<f64>() {
                Ok(skew) if (0.0..=10.0).contains(&skew) => Ok(Self::Zipf(skew)),
                _ => Err(format!("the skew `{skew}` is not a number from 0 to 10")),
            },
            _ => Err("is none of uniform, zipf, zipf=SKEW, hot".to_owned()),
        }
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Uniform => f.write_str("uniform"),
            Self::Zipf(skew) => write!(f, "zipf={skew}"),
            Self::Hot => f.write_str("hot"),
        }
    }
}

/// Draws accounts. Clones share the table of a Zipf distribution.
#[derive(Debug, Clone)]
pub(crate) struct Picker {
    accounts: u32,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    Uniform,
    /// For each account the chance of it or one before it.
    Cumulative(Arc<[f64]>),
    Hot,
}

impl Picker {
    /// Draws of `accounts` accounts, at least one.
    pub(crate) fn new(choice: Choice, accounts: u32) -> Self {
        let how = match choice {
            Choice::Uniform => How::Uniform,
            Choice::Zipf(skew) => How::Cumulative(zipf(accounts, skew)),
            Choice::Hot => How::Hot,
        };
        Self { accounts: accounts.max(1), how }
    }

    /// The next account.
    pub(crate) fn pick(&self, random: &mut StdRng) -> u32 {
        match &self.how {
            How::Uniform => random.random_range(0..self.accounts),
            How::Cumulative(chances) => {
                let draw: f64 = random.random();
                let place = chances.partition_point(|chance| *chance <= draw);
                u32::try_from(place).unwrap_or(u32::MAX).min(self.accounts - 1)
            }
            How::Hot => 0,
        }
    }

    /// One that is not `account`; of one single account there is none, and it is given back.
    pub(crate) fn another(&self, account: u32, random: &mut StdRng) -> u32 {
        match self.how {
            // The other side of a transfer is cold where all choose the same one.
            How::Hot if self.accounts > 1 => random.random_range(1..self.accounts),
            _ => match self.pick(random) {
                same if same == account => (account + 1) % self.accounts,
                other => other,
            },
        }
    }
}

fn zipf(accounts: u32, skew: f64) -> Arc<[f64]> {
    let weights = (1..=accounts.max(1)).map(|rank| f64::from(rank).powf(-skew));
    let sums: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let total = sums.last().copied().unwrap_or(1.0);
    sums.into_iter().map(|sum| sum / total).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn shares(choice: &str, accounts: u32) -> Vec<u32> {
        let picker = Picker::new(choice.parse().unwrap(), accounts);
        let mut random = StdRng::seed_from_u64(1);
        let mut counts = vec![0; accounts as usize];
        for _ in 0..100_000 {
            counts[picker.pick(&mut random) as usize] += 1;
        }
        counts
    }

    #[test]
    fn zipf_with_skew_one_gives_the_second_half_as_often_as_the_first() {
        let counts = shares("zipf=1", 100);
        let ratio = f64::from(counts[0]) / f64::from(counts[1]);
        assert!((1.9..2.1).contains(&ratio), "{ratio}");
        // 1 / H(100)
        let first = f64::from(counts[0]) / 100_000.0;
        assert!((0.185..0.2).contains(&first), "{first}");
    }

    #[test]
    fn uniform_and_no_skew_give_each_its_share_and_hot_gives_one_all() {
        for choice in ["uniform", "zipf=0"] {
            let counts = shares(choice, 10);
            assert!(counts.iter().all(|count| (9_000..11_000).contains(count)), "{counts:?}");
        }
        assert_eq!(shares("hot", 3), [100_000, 0, 0]);
    }

    #[test]
    fn the_other_side_is_never_the_same_account() {
        let mut random = StdRng::seed_from_u64(1);
        for choice in [Choice::Uniform, Choice::Zipf(2.0), Choice::Hot] {
            let picker = Picker::new(choice, 2);
            for _ in 0..100 {
                let account = picker.pick(&mut random);
                assert_ne!(account, picker.another(account, &mut random));
            }
        }
    }

    #[test]
    fn a_choice_is_written_as_it_is_read() {
        for text in ["uniform", "hot", "zipf=0.99", "zipf=2"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        for bad in ["", "hot=1", "zipf=-1", "zipf=x"] {
            assert!(bad.parse::<Choice>().is_err(), "{bad}");
        }
    }
}
