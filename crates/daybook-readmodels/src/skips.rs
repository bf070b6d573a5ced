//! What operators decided about single events of a projection: that one may be left out, or is to be tried again.
//!
//! The decisions are events on the stream `projection-<name>`, with who and why. A skip permits and does not command: the
//! live generation and each rebuild try to apply the event, and leave it out only where that fails.

use std::collections::{BTreeMap, BTreeSet};

use daybook_core::ids::{InvalidId, Position, Version};
use daybook_core::partition::Partition;
use daybook_core::projection::{EventPlace, ProjectionEvent, ProjectionName};
use daybook_core::stream::StreamId;
use daybook_eventlog::{Direction, LogReader, ReadError, StreamQuery};

/// Decisions read at once.
const PAGE: u32 = 1000;

/// The skips of one projection, as far as they were read.
#[derive(Debug, Clone)]
pub struct Skips {
    stream_id: StreamId,
    /// Read up to here.
    version: Version,
    /// What may be left out.
    skipped: BTreeSet<EventPlace>,
    /// The last decision about each event, be it a skip or a retry.
    decided: BTreeMap<EventPlace, Version>,
}

/// Why the skips of a projection cannot be known.
#[derive(Debug, thiserror::Error)]
pub enum SkipsError {
    /// No stream can bear the name.
    #[error("`{name}` cannot be the name of a projection")]
    Name {
        /// What was given.
        name: String,
        /// What is wrong with it.
        #[source]
        source: InvalidId,
    },
    /// The log is away, or holds a decision that this build cannot read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Skips {
    /// The skips of a projection up to now.
    ///
    /// # Errors
    /// When the log is away or a decision cannot be read: what may be left out could not be told from poison.
    pub async fn load(log: &LogReader, projection: &str) -> Result<Self, SkipsError> {
        let name = ProjectionName::new(projection)
            .map_err(|source| SkipsError::Name { name: projection.to_owned(), source })?;
        let mut skips = Self {
            stream_id: name.stream_id(),
            version: Version::ZERO,
            skipped: BTreeSet::new(),
            decided: BTreeMap::new(),
        };
        skips.refresh(log).await?;
        Ok(skips)
    }

    /// Whether the event may be left out where it cannot be applied.
    #[must_use]
    pub fn permits(&self, partition: Partition, position: Position) -> bool {
        // Nearly always empty, and a rebuild asks for every event.
        !self.skipped.is_empty() && self.skipped.contains(&EventPlace { partition, position })
    }

    /// The version of the projection's stream up to which decisions were read.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether anything was decided about an event after a version of the projection's stream.
    #[must_use]
    pub fn decided_after(&self, event: EventPlace, version: Version) -> bool {
        self.decided.get(&event).is_some_and(|decided| *decided > version)
    }

    /// Takes in what was decided since the last look; `true`: there was something.
    ///
    /// # Errors
    /// As [`Skips::load`].
    pub async fn refresh(&mut self, log: &LogReader) -> Result<bool, SkipsError> {
        let before = self.version;
        loop {
            let page = log.read_stream(&self.next_page()).await?;
            for recorded in &page {
                match recorded.decode::<ProjectionEvent>() {
                    Ok(decision) => self.note(&decision, recorded.version),
                    // A newer build's: a decision that is not known here permits nothing, and no projection need stop.
                    Err(error) => {
                        tracing::warn!(stream.id = %recorded.stream_id, %error, "a decision cannot be read");
                        self.version = recorded.version;
                    }
                }
            }
            if u32::try_from(page.len()).unwrap_or(u32::MAX) < PAGE {
                return Ok(self.version > before);
            }
        }
    }

    fn next_page(&self) -> StreamQuery {
        StreamQuery {
            stream_id: self.stream_id.clone(),
            from_version: self.version.next(),
            to_version: Version::MAX,
            event_types: Vec::new(),
            direction: Direction::Forwards,
            limit: PAGE,
        }
    }

    fn note(&mut self, decision: &ProjectionEvent, version: Version) {
        let event = match decision {
            ProjectionEvent::EventSkipped(skipped) => {
                self.skipped.insert(skipped.event);
                skipped.event
            }
            ProjectionEvent::RetryRequested(requested) => requested.event,
        };
        self.decided.insert(event, version);
        self.version = version;
    }
}
