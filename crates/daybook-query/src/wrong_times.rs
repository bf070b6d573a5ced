//! Times of the log that an operator accepted although they lay in the future: whoever reads is told which are wrong.
//!
//! Every answer carries them in its metadata, which costs nothing while there are none. They are read from the log at most once
//! a second, beside the calls: an answer may lag behind an acceptance by so much.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use daybook_core::clock::{self, ClockEvent, ClockTimeAccepted};
use daybook_core::ids::Version;
use daybook_eventlog::{Direction, LogReader, StreamQuery};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;
use tonic::Response;
use tonic::metadata::MetadataValue;

/// Spans of wrong times in the metadata of an answer: `accepted/time`, both as RFC 3339, separated by commas.
const WRONG_TIMES: &str = "daybook-wrong-times";

/// How long what was read is good.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// Spans that are told, the latest: a header is bounded.
const SPANS_MAX: u32 = 16;

/// See the module.
pub(crate) struct WrongTimes {
    log: LogReader,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    /// As the header has them; `None`: there are none.
    header: Option<MetadataValue<tonic::metadata::Ascii>>,
    read_at: Option<Instant>,
}

impl WrongTimes {
    pub(crate) fn new(log: LogReader) -> Self {
        Self { log, known: Arc::default() }
    }

    /// Tells them with an answer.
    pub(crate) fn tell<T>(&self, response: &mut Response<T>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(header) = &known.header {
            response.metadata_mut().insert(WRONG_TIMES, header.clone());
        }
        if known.read_at.is_none_or(|at| at.elapsed() >= GOOD_FOR) {
            known.read_at = Some(Instant::now());
            tokio::spawn(read(self.log.clone(), Arc::clone(&self.known)));
        }
    }
}

async fn read(log: LogReader, known: Arc<Mutex<Known>>) {
    // What cannot be read now is read the next time; until then what was known holds.
    let query = StreamQuery {
        stream_id: clock::stream_id(),
        from_version: Version::ZERO,
        to_version: Version::MAX,
        event_types: Vec::new(),
        direction: Direction::Backwards,
        limit: SPANS_MAX,
    };
    let Ok(events) = log.read_stream(&query).await else { return };
    let spans: Vec<String> = events
        .iter()
        .filter_map(|event| event.decode::<ClockEvent>().ok())
        .filter_map(|ClockEvent::TimeAccepted(accepted)| span(&accepted))
        .collect();
    let header = (!spans.is_empty()).then(|| MetadataValue::try_from(spans.join(","))).transpose();
    if let Ok(header) = header {
        known.lock().unwrap_or_else(PoisonError::into_inner).header = header;
    }
}

/// Events with a time in it were recorded at another one.
fn span(accepted: &ClockTimeAccepted) -> Option<String> {
    let text = |time: OffsetDateTime| time.format(&Rfc3339).ok();
    Some(format!("{}/{}", text(accepted.accepted_at)?, text(accepted.recorded_at)?))
}
