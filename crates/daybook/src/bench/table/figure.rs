//! One line of the table: what was measured, what it should be, and whether it is.

use serde::Serialize;

use crate::output::Row;

/// How a figure compares with its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// As good as is aimed at.
    Aim,
    /// As good as it must be.
    Met,
    /// Not as good as it must be.
    Missed,
    /// Told and not judged.
    Told,
}

impl Verdict {
    /// As the table has it.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Aim => "aim met",
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Told => "",
        }
    }
}

/// What is asked of a number.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// At least so much is a must, and so much is the aim.
    AtLeast { must: f64, aim: f64 },
    /// At most so much.
    AtMost { must: f64, aim: f64 },
    /// Nothing.
    None,
}

impl Target {
    /// Judges a number.
    pub(crate) fn judge(self, value: f64) -> Verdict {
        let (meets_must, meets_aim) = match self {
            Self::AtLeast { must, aim } => (value >= must, value >= aim),
            Self::AtMost { must, aim } => (value <= must, value <= aim),
            Self::None => return Verdict::Told,
        };
        match (meets_must, meets_aim) {
            (_, true) => Verdict::Aim,
            (true, false) => Verdict::Met,
            (false, false) => Verdict::Missed,
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    /// What was done.
    pub(crate) what: String,
    /// Whether the read models had to keep up.
    pub(crate) projector: bool,
    /// What came of it, with its unit.
    pub(crate) measured: String,
    /// The number that is judged, where there is one.
    pub(crate) ratio: Option<f64>,
    /// What it is a ratio to.
    pub(crate) to: &'static str,
    /// What it must be.
    pub(crate) must: String,
    /// What it should be.
    pub(crate) aim: String,
    pub(crate) verdict: Verdict,
    /// Operations that were refused or failed, in words; empty where there are none.
    pub(crate) problems: String,
}

impl Figure {
    /// Something that is told and not judged.
    pub(crate) fn told(what: &str, measured: String, must: &str, aim: &str) -> Self {
        Self {
            what: what.to_owned(),
            projector: false,
            measured,
            ratio: None,
            to: "",
            must: must.to_owned(),
            aim: aim.to_owned(),
            verdict: Verdict::Told,
            problems: String::new(),
        }
    }

    /// Whether the program should end with a failure because of it.
    pub(crate) fn is_bad(&self) -> bool {
        self.verdict == Verdict::Missed || !self.problems.is_empty()
    }
}

impl Row for Figure {
    const COLUMNS: &'static [&'static str] =
        &["workload", "projector", ">ratio", "to", "must", "aim", "", "measured"];

    fn cells(&self) -> Vec<String> {
        let trouble = match self.problems.trim() {
            "" => String::new(),
            problems => format!("; {}", problems.replace('\n', "; ")),
        };
        vec![
            self.what.clone(),
            if self.projector { "on" } else { "off" }.to_owned(),
            self.ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            self.to.to_owned(),
            self.must.clone(),
            self.aim.clone(),
            self.verdict.in_words().to_owned(),
            format!("{}{trouble}", self.measured),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_missed_met_or_more() {
        let least = Target::AtLeast { must: 0.8, aim: 1.0 };
        let verdicts = [0.79, 0.8, 1.0].map(|value| least.judge(value));
        assert_eq!(verdicts, [Verdict::Missed, Verdict::Met, Verdict::Aim]);
        let most = Target::AtMost { must: 1.6, aim: 1.3 };
        let verdicts = [1.7, 1.6, 1.3].map(|value| most.judge(value));
        assert_eq!(verdicts, [Verdict::Missed, Verdict::Met, Verdict::Aim]);
        assert_eq!(Target::None.judge(0.0), Verdict::Told);
    }
}
