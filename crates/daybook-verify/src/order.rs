//! The order of the log (G3): positions without a gap, links from each event to the one before it in its partition,
//! partitions by hash, times that never go back, and a head that agrees with the last events.

use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_eventlog::inspect::{Outline, StoredEvent};
use time::OffsetDateTime;

use crate::finding::{Findings, Place};
use crate::log_walk::LogCheck;

/// See the module. It holds two numbers, a time, and a number a partition.
#[derive(Debug)]
pub struct Order {
    partition_count: u16,
    last_position: i64,
    last_time: Option<OffsetDateTime>,
    /// Index = partition.
    last_in: Vec<i64>,
    /// Every position from 1 on is expected up to here.
    head: i64,
}

impl Order {
    /// For a log of so many partitions that ends at `head`.
    #[must_use]
    pub fn new(partition_count: u16, head: i64) -> Self {
        Self {
            partition_count,
            last_position: 0,
            last_time: None,
            last_in: vec![0; usize::from(partition_count)],
            head,
        }
    }

    /// For each partition the position of its last event so far.
    #[must_use]
    pub fn partition_positions(&self) -> &[i64] {
        &self.last_in
    }

    fn position(&mut self, event: &StoredEvent, findings: &mut Findings) {
        let place = Place::event(event.position, &event.stream_id, event.version);
        if event.position <= 0 {
            findings.add("position", place, "position", "1 or more", event.position);
            return;
        }
        if event.position > self.head {
            let expected = format!("none beyond the head, which is at {}", self.head);
            findings.add("head", place, "event", expected, "one");
        }
        self.missing_before(event.position, findings);
        self.last_position = event.position;
    }

    fn missing_before(&self, position: i64, findings: &mut Findings) {
        let (first, missing) = (self.last_position + 1, position - self.last_position - 1);
        if missing > 0 {
            let count = missing.unsigned_abs();
            let field = match missing {
                1 => "event".to_owned(),
                _ => format!("each of {missing} events, up to position {},", position - 1),
            };
            let place = Place::position(first);
            findings.add_several(count, "gap", place, field, "there", "missing");
        }
    }

    fn partition(&mut self, event: &StoredEvent, findings: &mut Findings) {
        let place = || Place::event(event.position, &event.stream_id, event.version);
        let Ok(stream_id) = StreamId::parse(&event.stream_id) else {
            findings.add("stream", place(), "stream_id", "`<type>-<id>`", &event.stream_id);
            return;
        };
        let right = Partition::of(&stream_id, self.partition_count);
        if i32::from(event.partition) != i32::from(right.0) {
            findings.add("partition", place(), "partition", right, event.partition);
        }
        let Some(last) = self.last_in.get_mut(right.index()) else { return };
        let before = std::mem::replace(last, event.position);
        if event.prev_position != before {
            findings.add("link", place(), "prev_position", before, event.prev_position);
        }
    }

    /// Against the event right before, so that one time that was moved forth is one finding, at the event after it.
    fn time(&mut self, event: &StoredEvent, findings: &mut Findings) {
        if let Some(last) = self.last_time.replace(event.recorded_at)
            && event.recorded_at < last
        {
            let place = Place::event(event.position, &event.stream_id, event.version);
            let expected = format!("{last}, as of the event before, or later");
            findings.add("time", place, "recorded_at", expected, event.recorded_at);
        }
    }
}

impl LogCheck for Order {
    fn event(&mut self, event: &StoredEvent, findings: &mut Findings) {
        self.position(event, findings);
        self.partition(event, findings);
        self.time(event, findings);
    }

    fn end(&mut self, outline: &Outline, findings: &mut Findings) {
        self.missing_before(self.head + 1, findings);
        let head = || Place::row("log.head", outline.position);
        if outline.heads != 1 {
            findings.add("head", Place::row("log.head", ""), "number of rows", 1, outline.heads);
        }
        let (partitions, right) = (outline.partition_positions.len(), self.last_in.len());
        if partitions != right {
            let field = "number of partition_positions";
            findings.add("head", head(), field, right, partitions);
        }
        for (partition, (found, right)) in
            outline.partition_positions.iter().zip(&self.last_in).enumerate()
        {
            if found != right {
                let field = format!("partition_positions of partition {partition}");
                findings.add("head", head(), field, right, found);
            }
        }
        if let Some(last) = self.last_time
            && last != outline.recorded_at
        {
            findings.add("head", head(), "recorded_at", last, outline.recorded_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_walk::testing::{event, rules};
    use time::Duration;

    const PARTITIONS: u16 = 4;

    /// Events 1, 2, 3 of one stream.
    fn log() -> Vec<StoredEvent> {
        (1..=3).map(|n| event(n, n - 1, "account-a", n)).collect()
    }

    fn outline(events: &[StoredEvent]) -> Outline {
        let mut order = Order::new(PARTITIONS, 3);
        events.iter().for_each(|event| order.event(event, &mut Findings::new(0)));
        Outline {
            heads: 1,
            position: 3,
            recorded_at: events[2].recorded_at,
            partition_positions: order.last_in,
            partition_count: PARTITIONS,
            last_position: 3,
        }
    }

    fn check(edit: impl Fn(&mut Vec<StoredEvent>), expected: &[&str]) {
        let mut events = log();
        let outline = outline(&events);
        edit(&mut events);
        let found = rules(&mut Order::new(PARTITIONS, 3), &events, &outline);
        assert_eq!(found, expected);
    }

    #[test]
    fn each_edit_is_found_where_it_is() {
        check(|_| {}, &[]);
        check(|log| drop(log.remove(1)), &["gap at 2", "link at 3"]);
        check(|log| drop(log.pop()), &["gap at 3", "head", "head"]);
        check(|log| log[1].prev_position = 0, &["link at 2"]);
        check(|log| log[1].partition += 1, &["partition at 2"]);
        check(|log| log[1].recorded_at -= Duration::MINUTE, &["time at 2"]);
        check(|log| log[0].recorded_at += Duration::HOUR, &["time at 2"]);
        check(|log| log.push(event(4, 3, "account-a", 4)), &["head at 4", "head", "head"]);
        check(|log| log.insert(0, event(-5, 0, "account-a", 4)), &["position at -5", "link at 1"]);
    }
}
