//! Snapshots: folded states, a cache that may be emptied at any time.
//!
//! Of each stream the newest is kept, to decide from, and for states as of a moment one at each *mark*. Up to two million
//! events marks are 1,000 events apart: a fold from the one before takes milliseconds, and a state takes a thousandth of the
//! room of the events that it saves reading. Beyond that their distance doubles as the stream doubles, so that a stream has
//! at most 1,000 of them for each doubling, and no fold is longer than a thousandth of its stream.

mod missing;

use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use sqlx::PgPool;
use uuid::Uuid;

/// Events from one mark to the next, as long as a stream has fewer than twice [`DOUBLING_FROM`].
const SPACING: i64 = 1000;

/// From here on the spacing doubles whenever the version does.
const DOUBLING_FROM: i64 = 1_000_000;

/// The last mark up to a version; zero: it is before the first.
#[must_use]
pub fn mark(version: Version) -> Version {
    let doublings = (version.get() / DOUBLING_FROM).checked_ilog2().unwrap_or(0);
    let spacing = SPACING << doublings;
    Version::new(version.get() - version.get() % spacing).unwrap_or_default()
}

/// The marks up to a version.
fn marks(version: Version) -> impl Iterator<Item = Version> {
    let first = mark(version);
    // The one before a mark is the mark of the version before it.
    std::iter::successors(Some(first), |last| Version::new(last.get() - 1).ok().map(mark))
        .take_while(|mark| *mark > Version::ZERO)
}

/// The state of a stream at a version.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Which stream.
    pub stream_id: StreamId,
    /// The state is the fold of its events 1 ..= version.
    pub version: Version,
    /// The last of them. A log that does not hold it has another history, and takes no such snapshot.
    pub event_id: Uuid,
    /// The version of the evolve code that made it.
    pub fingerprint: i32,
    /// The state as JSON text.
    pub state: String,
    /// Whether it is the first at its mark, to be kept for states as of a moment.
    pub is_kept: bool,
}

/// Writes snapshots of committed versions: as the newest of their streams, never over a newer one of the same fingerprint,
/// and at their marks those that are to be kept.
///
/// # Errors
/// When the database is away; nothing depends on it.
pub async fn write_snapshots(pool: &PgPool, snapshots: &[Snapshot]) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("queries/write_snapshots.sql"))
        .bind(snapshots.iter().map(|s| s.stream_id.as_str()).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.version.get()).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.event_id).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.fingerprint).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.state.as_str()).collect::<Vec<_>>())
        .execute(pool)
        .await?;
    write_past_snapshots(pool, snapshots.iter().filter(|snapshot| snapshot.is_kept)).await
}

async fn write_past_snapshots<'a>(
    pool: &PgPool,
    snapshots: impl Iterator<Item = &'a Snapshot>,
) -> Result<(), sqlx::Error> {
    let snapshots: Vec<&Snapshot> = snapshots.collect();
    if snapshots.is_empty() {
        return Ok(());
    }
    sqlx::query(include_str!("queries/write_past_snapshots.sql"))
        .bind(snapshots.iter().map(|s| s.stream_id.as_str()).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| mark(s.version).get()).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.version.get()).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.event_id).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.fingerprint).collect::<Vec<_>>())
        .bind(snapshots.iter().map(|s| s.state.as_str()).collect::<Vec<_>>())
        .execute(pool)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: i64) -> Version {
        Version::new(number).expect("valid")
    }

    #[test]
    fn marks_are_a_thousand_events_apart_and_more_in_longer_streams() {
        let cases = [
            (0, 0),
            (999, 0),
            (1000, 1000),
            (1999, 1000),
            (99_999, 99_000),
            (1_999_999, 1_999_000),
            (2_001_999, 2_000_000),
            (2_002_000, 2_002_000),
            (4_003_999, 4_000_000),
            (4_004_000, 4_004_000),
        ];
        for (number, expected) in cases {
            assert_eq!(mark(version(number)), version(expected), "{number}");
        }
        assert!(mark(Version::MAX) > Version::ZERO);
    }

    #[test]
    fn a_stream_has_a_bounded_number_of_marks_and_no_fold_is_long() {
        assert_eq!(marks(version(999)).count(), 0);
        assert_eq!(marks(version(100_000)).count(), 100);
        assert_eq!(marks(version(2_000_000)).count(), 2000);
        assert_eq!(marks(version(4_000_000)).count(), 3000);
        assert_eq!(marks(version(1 << 40)).count(), 21_048);
        for pair in marks(version(100_000_000)).collect::<Vec<_>>().windows(2) {
            let (later, earlier) = (pair[0].get(), pair[1].get());
            assert!(later - earlier <= (later / 1000).max(1000), "{earlier} to {later}");
        }
    }
}
