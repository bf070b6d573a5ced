//! What the side that fills read models and the side that answers from them must agree about.

/// A read model, as one build knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadModel {
    /// Its name: in checkpoints, settings, logs and, with the generation, its tables.
    pub name: &'static str,
    /// The version of its rows: of what the same events come to, and of the shape of its tables. Raised whenever either
    /// changes: one that another version has filled is to be rebuilt, and no query is answered from it before.
    pub version: i32,
}

/// The system's own: one row per event of every domain.
pub const AUDIT: ReadModel = ReadModel { name: "audit", version: 5 };
