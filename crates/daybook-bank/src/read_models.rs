//! The read models of the built-in domain: what who fills them and who answers from them must agree about.

/// Each read model's name, and the version of its rows: of what the same events come to, and of the shape of its tables. One
/// that another version has filled is to be rebuilt, and nobody answers from it before.
const VERSIONS: [(&str, i32); 7] = [
    ("accounts", 3),
    ("account_entries", 4),
    ("transfers", 3),
    ("daily_activity", 1),
    ("postings", 1),
    ("posting_totals", 1),
    ("audit", 5),
];

/// The version of a read model's rows; `None` where there is no such read model.
#[must_use]
pub fn version_of(name: &str) -> Option<i32> {
    VERSIONS.iter().find(|(known, _)| *known == name).map(|(_, version)| *version)
}
