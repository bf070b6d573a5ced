//! What is told of a round, and of several.

use std::collections::BTreeMap;

use serde::Serialize;

use super::disk::Disk;
use super::processes::Usage;
use super::reference::ReferenceRate;
use super::tally::Latencies;
use crate::output::Row;

/// One round, or the medians of several.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Round {
    /// Its number, or `median`.
    pub(crate) round: String,
    /// Operations answered with success, a second.
    pub(crate) rate: f64,
    #[serde(flatten)]
    pub(crate) latencies: Latencies,
    /// Position of the last event that was appended.
    pub(crate) position: i64,
    /// Refused operations by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Failed operations by reason; `NOT_ANSWERED` among them.
    pub(crate) failed: BTreeMap<String, u64>,
    /// Right before the round.
    pub(crate) disk: Disk,
    /// Right before the round.
    pub(crate) reference: Option<ReferenceRate>,
    /// How long the read models needed to reflect the last operation; `None` without a projector.
    pub(crate) catch_up_seconds: Option<f64>,
    /// What the processes used during the round.
    pub(crate) processes: Vec<Usage>,
}

impl Round {
    /// Operations a second that were in the read models, too: slower than `rate` where those fell behind.
    pub(crate) fn sustained_rate(&self, seconds: f64) -> f64 {
        self.rate * seconds / (seconds + self.catch_up_seconds.unwrap_or(0.0))
    }

    /// Its rate as a multiple of the reference's.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.reference.as_ref().map(|reference| self.rate / reference.rate)
    }
}

/// The medians of all columns; failures and refusals are summed, because none is to vanish.
pub(crate) fn medians(rounds: &[Round]) -> Option<Round> {
    let first = rounds.first()?;
    let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
    let mut middle = first.clone();
    middle.round = "median".to_owned();
    middle.rate = of(|r| r.rate);
    middle.latencies = Latencies {
        p50_ms: of(|r| r.latencies.p50_ms),
        p90_ms: of(|r| r.latencies.p90_ms),
        p99_ms: of(|r| r.latencies.p99_ms),
        p999_ms: of(|r| r.latencies.p999_ms),
        max_ms: of(|r| r.latencies.max_ms),
    };
    middle.disk.syncs_per_second = of(|r| r.disk.syncs_per_second);
    middle.disk.p50_ms = of(|r| r.disk.p50_ms);
    middle.disk.p99_ms = of(|r| r.disk.p99_ms);
    if let Some(reference) = &mut middle.reference {
        // Not the median of the references: the ratio of each pair is what means something.
        let ratios = rounds.iter().filter_map(Round::ratio).collect();
        reference.rate = middle.rate / median(ratios);
    }
    let catch_ups: Vec<f64> = rounds.iter().filter_map(|r| r.catch_up_seconds).collect();
    middle.catch_up_seconds = (!catch_ups.is_empty()).then(|| median(catch_ups));
    middle.refused = sums(rounds.iter().map(|r| &r.refused));
    middle.failed = sums(rounds.iter().map(|r| &r.failed));
    middle.processes = usages(rounds);
    Some(middle)
}

fn sums<'a>(all: impl Iterator<Item = &'a BTreeMap<String, u64>>) -> BTreeMap<String, u64> {
    all.fold(BTreeMap::new(), |mut sums, counts| {
        for (reason, count) in counts {
            *sums.entry(reason.clone()).or_default() += count;
        }
        sums
    })
}

/// Of every program the median use, and the highest memory.
fn usages(rounds: &[Round]) -> Vec<Usage> {
    let Some(last) = rounds.last() else { return Vec::new() };
    let per_program = last.processes.iter().map(|usage| {
        let all: Vec<&Usage> = rounds
            .iter()
            .filter_map(|round| round.processes.iter().find(|u| u.program == usage.program))
            .collect();
        Usage {
            cpu_seconds: median(all.iter().map(|u| u.cpu_seconds).collect()),
            cores: median(all.iter().map(|u| u.cores).collect()),
            ..*usage
        }
    });
    per_program.collect()
}

/// The middle one; of an even number the mean of the two in the middle; 0 of none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match (values.len() / 2, values.len() % 2) {
        (0, 0) => 0.0,
        (middle, 1) => values[middle],
        (middle, _) => f64::midpoint(values[middle - 1], values[middle]),
    }
}

impl Row for Round {
    const COLUMNS: &'static [&'static str] = &[
        "round",
        ">rate/s",
        ">p50 ms",
        ">p90",
        ">p99",
        ">p99.9",
        ">max",
        ">refused",
        ">failed",
        ">read models behind",
        ">disk syncs/s",
        ">reference/s",
        ">ratio",
    ];

    fn cells(&self) -> Vec<String> {
        let Latencies { p50_ms, p90_ms, p99_ms, p999_ms, max_ms } = self.latencies;
        let milliseconds = |value: f64| format!("{value:.2}");
        vec![
            self.round.clone(),
            format!("{:.0}", self.rate),
            milliseconds(p50_ms),
            milliseconds(p90_ms),
            milliseconds(p99_ms),
            milliseconds(p999_ms),
            milliseconds(max_ms),
            self.refused.values().sum::<u64>().to_string(),
            self.failed.values().sum::<u64>().to_string(),
            self.catch_up_seconds.map_or_else(String::new, |seconds| format!("{seconds:.1} s")),
            format!("{:.0}", self.disk.syncs_per_second),
            self.reference.as_ref().map_or_else(String::new, |r| format!("{:.0}", r.rate)),
            self.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}")),
        ]
    }
}

impl Row for Usage {
    const COLUMNS: &'static [&'static str] =
        &["process", ">cpu s a round", ">cores busy", ">memory MB", ">peak MB"];

    fn cells(&self) -> Vec<String> {
        let known = |megabytes: f64| match megabytes {
            0.0 => String::new(),
            megabytes => format!("{megabytes:.1}"),
        };
        vec![
            self.program.to_owned(),
            format!("{:.2}", self.cpu_seconds),
            format!("{:.2}", self.cores),
            known(self.memory_mb),
            known(self.memory_peak_mb),
        ]
    }
}

/// Refusals and failures by reason, in words; empty when there are none.
pub(crate) fn problems(round: &Round) -> String {
    let listed = |what: &str, counts: &BTreeMap<String, u64>| {
        let each: Vec<_> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
        if each.is_empty() { String::new() } else { format!("{what}: {}\n", each.join(", ")) }
    };
    listed("refused", &round.refused) + &listed("FAILED", &round.failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![3.0, 1.0, 100.0]) - 3.0).abs() < 1e-9);
        assert!((median(vec![1.0, 2.0]) - 1.5).abs() < 1e-9);
        assert!(median(Vec::new()).abs() < 1e-9);
    }
}
