//! Snapshots, the newest and those at marks: each must be the fold of its stream's events up to its version. One that other code made (another
//! fingerprint) is believed by nobody, and passed over.

use daybook_core::event::EventPayload as _;
use daybook_core::ids::Version;
use daybook_core::stream::StreamId;
use daybook_eventlog::ReadError;
use daybook_eventlog::inspect::{Inspector, StoredSnapshot};
use daybook_eventlog::snapshot::mark;

use crate::content::is_known;
use crate::finding::{Findings, Place};
use crate::verify::Verified;

/// Characters of a state that a finding shows.
const SHOWN_MAX: usize = 400;

/// Whether this build's code would load it.
pub(crate) fn is_believed<D: Verified>(snapshot: &StoredSnapshot) -> bool {
    is_known::<D>(&snapshot.stream_id)
        && StreamId::parse(&snapshot.stream_id)
            .is_ok_and(|id| D::default().fingerprint(&id) == snapshot.fingerprint)
}

/// Compares a snapshot with the fold of its stream at its version.
pub(crate) fn compare<D: Verified>(
    snapshot: &StoredSnapshot,
    stream_id: &StreamId,
    folded: Option<&D::State>,
    findings: &mut Findings,
) {
    check_mark(snapshot, findings);
    let domain = D::default();
    let stored = domain.decode_state(stream_id, &snapshot.state).ok();
    if stored.is_some() && stored.as_ref() == folded {
        return;
    }
    let expected = folded.and_then(|state| domain.encode_state(state).ok());
    let expected = expected.unwrap_or_else(|| "no state at all".to_owned());
    let place = place(snapshot).of_stream(&snapshot.stream_id, snapshot.version);
    findings.add("snapshot", place, "state", shown(&expected), shown(&snapshot.state));
}

/// Under another mark a snapshot is not found when it is looked for.
fn check_mark(snapshot: &StoredSnapshot, findings: &mut Findings) {
    let Some(found) = snapshot.mark else { return };
    let expected = Version::new(snapshot.version).map(mark).unwrap_or_default();
    if found != expected.get() {
        let place = place(snapshot).of_stream(&snapshot.stream_id, snapshot.version);
        findings.add("snapshot", place, "mark", expected, found);
    }
}

fn place(snapshot: &StoredSnapshot) -> Place {
    match snapshot.mark {
        None => Place::row("log.snapshots", ""),
        Some(mark) => Place::row("log.past_snapshots", format!("mark {mark}")),
    }
}

/// Checks a snapshot by itself: folds its stream as the log has it now. For those that came, or whose last events came,
/// while the stream was being walked.
pub(crate) async fn check_again<D: Verified>(
    snapshot: &StoredSnapshot,
    inspector: &Inspector,
    findings: &mut Findings,
) -> Result<(), ReadError> {
    let Ok(stream_id) = StreamId::parse(&snapshot.stream_id) else { return Ok(()) };
    let (domain, mut state, mut reached) = (D::default(), None, 0);
    let mut pages = inspector.stream(&snapshot.stream_id);
    'folding: while let Some(page) = pages.next().await? {
        for event in page {
            if event.version > snapshot.version {
                break 'folding;
            }
            let data = event.data.as_deref().unwrap_or_default();
            // What cannot be read was found by the walk over the log already.
            let Ok(payload) = D::Event::decode(&event.event_type, event.schema_version, data)
            else {
                return Ok(());
            };
            state = domain.evolve(&stream_id, state, &payload);
            reached = event.version;
        }
    }
    if reached == snapshot.version {
        compare::<D>(snapshot, &stream_id, state.as_ref(), findings);
    } else {
        let place = place(snapshot).of_stream(&snapshot.stream_id, reached);
        let expected = format!("at most {reached}, where the stream ends");
        findings.add("snapshot", place, "version", expected, snapshot.version);
    }
    Ok(())
}

fn shown(state: &str) -> String {
    match state.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &state[..end]),
        None => state.to_owned(),
    }
}
