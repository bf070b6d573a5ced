//! Whether the log takes what it is sent, as the decider found out last.

use std::sync::Arc;

use daybook_runtime::trouble::Trouble;

/// Failures in a row before the service is no longer SERVING.
const FAILURES_MAX: u32 = 3;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It was not reached yet.
    Starting,
    /// It did what it was asked last.
    Up,
    /// The outcome of an append is being found out.
    Unsettled,
    /// It takes nothing now.
    Away(Away),
}

/// Why the log takes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// What kind of trouble.
    pub trouble: Trouble,
    /// In words, for callers and for the log.
    pub why: Arc<str>,
    /// How often in a row.
    pub times: u32,
}

impl Reach {
    /// Whether calls are worth while: one lost connection is no reason to send callers elsewhere.
    pub fn serves(&self) -> bool {
        match self {
            Self::Up => true,
            Self::Starting | Self::Unsettled => false,
            Self::Away(away) => away.times < FAILURES_MAX,
        }
    }

    /// It failed once more.
    pub fn failed(&mut self, trouble: Trouble, why: &str) {
        let times = match self {
            Self::Up => 1,
            Self::Starting | Self::Unsettled => FAILURES_MAX,
            Self::Away(away) => away.times.saturating_add(1),
        };
        *self = Self::Away(Away { trouble, why: why.into(), times });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_take_it_out_of_service_and_one_success_brings_it_back() {
        let mut reach = Reach::Up;
        for serves in [true, true, false, false] {
            reach.failed(Trouble::Refused, "refused");
            assert_eq!(reach.serves(), serves, "{reach:?}");
        }
        let mut starting = Reach::Starting;
        starting.failed(Trouble::Refused, "refused");
        assert!(!starting.serves(), "it never served");
    }
}
