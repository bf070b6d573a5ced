//! The whole log once, in the order of positions.

use daybook_core::compose::Part as _;
use daybook_eventlog::inspect::{Inspector, Outline, StoredEvent};

use crate::commands::Runs;
use crate::content;
use crate::event_ids::EventIds;
use crate::finding::Findings;
use crate::ledger::{CustomerTotals, Ledger};
use crate::progress::Watch;
use crate::skips::Skips;
use crate::verify::{Verified, VerifyError};

/// A check that sees every event of the log, in order, as it stands.
pub trait LogCheck: Send {
    /// One event, after the one before it.
    fn event(&mut self, event: &StoredEvent, findings: &mut Findings);

    /// There are no more; `outline` is what the log said about itself before the first one was read.
    fn end(&mut self, outline: &Outline, findings: &mut Findings);
}

/// Walks, up to what `outline` knows: what was appended since is left to the next time. Gives what customers have, and the
/// skips.
pub(crate) async fn walk<D: Verified>(
    inspector: &Inspector,
    outline: &Outline,
    checks: &mut [Box<dyn LogCheck>],
    findings: &mut Findings,
    watch: &Watch,
) -> Result<(CustomerTotals, Skips), VerifyError> {
    let up_to = outline.position.max(outline.last_position);
    let (mut ledger, mut runs, mut ids) = (Ledger::default(), Runs::default(), EventIds::new());
    let mut skips = Skips::default();
    let mut pages = inspector.events(i64::MIN, up_to);
    watch.enter("log", up_to);
    while let Some(page) = pages.next().await? {
        for event in &page {
            for check in checks.iter_mut() {
                check.event(event, findings);
            }
            ids.add(event.event_id, event.position)?;
            let content = content::read::<D>(event, findings);
            let command_id = content.metadata.as_ref().map(|metadata| &metadata.command_id);
            if runs.event(event, command_id.map(|id| id.as_str()), findings) {
                ledger.end_command(findings);
            }
            if let Some(payload) = &content.payload {
                if let Some(of_bank) = payload.part() {
                    ledger.event(event, of_bank, findings);
                }
                skips.event(event, payload, content.metadata.as_ref());
            }
        }
        runs.settle(inspector, findings).await?;
        watch.done(page.len());
    }
    for check in checks {
        check.end(outline, findings);
    }
    ids.end(findings)?;
    runs.end(inspector, up_to, findings).await?;
    Ok((ledger.end(findings), skips))
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use daybook_core::partition::Partition;
    use daybook_core::stream::StreamId;
    use time::{Duration, OffsetDateTime};
    use uuid::Uuid;

    /// An event as an appender writes it, of a log with four partitions, a second after the one before.
    pub(crate) fn event(
        position: i64,
        prev_position: i64,
        stream_id: &str,
        version: i64,
    ) -> StoredEvent {
        let parsed = StreamId::parse(stream_id).expect("a stream id");
        let partition = Partition::of(&parsed, 4).0;
        StoredEvent {
            position,
            prev_position,
            partition: i16::try_from(partition).expect("small"),
            stream_id: stream_id.to_owned(),
            version,
            stream_type: parsed.stream_type().to_owned(),
            event_type: "money-deposited".to_owned(),
            schema_version: 1,
            event_id: Uuid::now_v7(),
            data: r#"{"amount":{"minor_units":1,"currency":"USD"},"balance":1}"#.to_owned(),
            metadata: r#"{"actor":"alice","correlation_id":"c","command_id":"c"}"#.to_owned(),
            recorded_at: OffsetDateTime::UNIX_EPOCH + Duration::seconds(position),
        }
    }

    /// What a check finds, as `rule at position`.
    pub(crate) fn rules(
        check: &mut dyn LogCheck,
        events: &[StoredEvent],
        outline: &Outline,
    ) -> Vec<String> {
        let mut findings = Findings::new(100);
        events.iter().for_each(|event| check.event(event, &mut findings));
        check.end(outline, &mut findings);
        let text = |finding: &crate::Finding| match finding.place.position {
            Some(position) => format!("{} at {position}", finding.rule),
            None => finding.rule.to_owned(),
        };
        findings.kept().iter().map(text).collect()
    }
}
