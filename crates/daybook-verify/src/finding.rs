//! What is wrong, and where: a bounded list of findings, and the count of all.

use std::collections::BTreeMap;
use std::fmt;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule is broken, a stable word for programs.
    pub rule: &'static str,
    /// Where.
    pub place: Place,
    /// What is wrong there: a column, a field of the payload, a row.
    pub field: String,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// Where something is wrong, as far as it has such a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// In the log.
    pub position: Option<i64>,
    /// In this stream.
    pub stream_id: Option<String>,
    /// At this version of it.
    pub version: Option<i64>,
    /// In a row of another table than the events: the table and the row's key.
    pub row: Option<String>,
}

impl Place {
    /// A position of the log.
    #[must_use]
    pub fn position(position: i64) -> Self {
        Self { position: Some(position), ..Self::default() }
    }

    /// An event.
    #[must_use]
    pub fn event(position: i64, stream_id: &str, version: i64) -> Self {
        Self {
            position: Some(position),
            stream_id: Some(stream_id.to_owned()),
            version: Some(version),
            row: None,
        }
    }

    /// A row of some table.
    #[must_use]
    pub fn row(table: &str, key: impl fmt::Display) -> Self {
        Self { row: Some(format!("{table} {key}")), ..Self::default() }
    }

    /// The same, of a stream at a version.
    #[must_use]
    pub fn of_stream(self, stream_id: &str, version: i64) -> Self {
        Self { stream_id: Some(stream_id.to_owned()), version: Some(version), ..self }
    }

    /// The same, at a position of the log.
    #[must_use]
    pub fn at(self, position: i64) -> Self {
        Self { position: Some(position), ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.row.clone(),
            self.position.map(|position| format!("position {position}")),
            self.stream_id.as_ref().map(|stream_id| format!("stream {stream_id}")),
            self.version.map(|version| format!("version {version}")),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "the log" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, place, field, expected, found } = self;
        write!(f, "{place}: {field} is {found}, expected {expected} [{rule}]")
    }
}

/// The findings so far: the first ones in full, all of them in number.
#[derive(Debug, Clone)]
pub struct Findings {
    kept: Vec<Finding>,
    kept_max: usize,
    counts: BTreeMap<&'static str, u64>,
}

impl Findings {
    /// None yet; at most `kept_max` will be kept in full.
    #[must_use]
    pub fn new(kept_max: usize) -> Self {
        Self { kept: Vec::new(), kept_max, counts: BTreeMap::new() }
    }

    /// One more.
    pub fn add(
        &mut self,
        rule: &'static str,
        place: Place,
        field: impl Into<String>,
        expected: impl ToString,
        found: impl ToString,
    ) {
        self.add_several(1, rule, place, field, expected, found);
    }

    /// Several of a kind, of which this one speaks for all.
    pub(crate) fn add_several(
        &mut self,
        count: u64,
        rule: &'static str,
        place: Place,
        field: impl Into<String>,
        expected: impl ToString,
        found: impl ToString,
    ) {
        *self.counts.entry(rule).or_default() += count;
        if self.kept.len() < self.kept_max {
            let (expected, found) = (expected.to_string(), found.to_string());
            self.kept.push(Finding { rule, place, field: field.into(), expected, found });
        }
    }

    /// The first ones.
    #[must_use]
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many there are, by rule.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_where_and_what() {
        let mut findings = Findings::new(1);
        let place = Place::event(7, "account-a", 3);
        findings.add("link", place, "prev_position", 5, 4);
        findings.add("time", Place::position(8), "recorded_at", "later", "earlier");
        assert_eq!(
            findings.kept()[0].to_string(),
            "position 7, stream account-a, version 3: prev_position is 4, expected 5 [link]"
        );
        assert_eq!((findings.kept().len(), findings.total()), (1, 2));
    }
}
