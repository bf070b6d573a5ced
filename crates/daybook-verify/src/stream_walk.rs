//! The log once more, stream by stream: versions without a gap (G2), running balances, snapshots.
//!
//! In this order the state of one stream is in memory, whatever their number. Versions are checked of all streams, what
//! needs the payload of those whose partition is in the sample.

use std::collections::{BTreeMap, HashMap};

use daybook_bank::BankEvent;
use daybook_bank::account::AccountId;
use daybook_bank::money::Currency;
use daybook_core::compose::Part as _;
use daybook_core::event::EventPayload as _;
use daybook_core::partition::Partition;
use daybook_core::stream::StreamId;
use daybook_eventlog::ReadError;
use daybook_eventlog::inspect::{Inspector, Outline, StoredSnapshot, StreamEvent};

use crate::balances::{self, Running};
use crate::content::is_known;
use crate::finding::{Findings, Place};
use crate::ledger::CustomerTotals;
use crate::progress::Watch;
use crate::snapshots;
use crate::verify::{Sample, Verified};

/// The snapshots of one stream that its fold has not come to, by version and mark. They are as many as a stream may have
/// marks, and small.
type Snapshots = BTreeMap<(i64, Option<i64>), StoredSnapshot>;

/// What the walk remembers.
struct Walk<'a, D: Verified> {
    sample: &'a Sample,
    partition_count: u16,
    /// Balances are summed as they were here.
    up_to: i64,
    stream: Option<Stream<D>>,
    /// Of the streams in the page.
    snapshots: HashMap<String, Snapshots>,
    /// Snapshots that the walk has not come to; looked at by themselves after each page.
    open: Vec<StoredSnapshot>,
    totals: CustomerTotals,
}

/// The one stream that is being folded.
struct Stream<D: Verified> {
    id: String,
    /// `None`: no stream has such an id, or it is another domain's, or its partition is not in the sample; only
    /// versions are looked at.
    folded: Option<StreamId>,
    version: i64,
    position: i64,
    state: Option<D::State>,
    running: Option<Running>,
    /// At `up_to`.
    balance: i64,
    snapshots: Snapshots,
}

/// Walks. Gives what customers have by the balances that their events carry, at the position `outline` ends at, where the
/// sample is the whole log.
pub(crate) async fn walk<D: Verified>(
    inspector: &Inspector,
    outline: &Outline,
    sample: &Sample,
    findings: &mut Findings,
    watch: &Watch,
) -> Result<Option<CustomerTotals>, ReadError> {
    let up_to = outline.position.max(outline.last_position);
    let mut walk = Walk::<D> {
        sample,
        partition_count: outline.partition_count,
        up_to,
        stream: None,
        snapshots: HashMap::new(),
        open: Vec::new(),
        totals: BTreeMap::new(),
    };
    watch.enter("streams", up_to);
    let mut pages = inspector.streams(sample.columns());
    let mut last = String::new();
    while let Some(page) = pages.next().await? {
        let until = page.last().map(|event| event.stream_id.clone()).unwrap_or_default();
        walk.read_snapshots(inspector, &page, &last, Some(&until), findings).await?;
        for event in &page {
            walk.event(event, findings);
        }
        walk.settle(inspector, findings).await?;
        last = until;
        watch.done(page.len());
    }
    walk.end_stream();
    walk.read_snapshots(inspector, &[], &last, None, findings).await?;
    walk.settle(inspector, findings).await?;
    Ok(sample.is_all().then_some(walk.totals))
}

impl<D: Verified> Walk<'_, D> {
    /// Reads the snapshots of the streams of a page, and of none that lie between: those have no event.
    async fn read_snapshots(
        &mut self,
        inspector: &Inspector,
        page: &[StreamEvent],
        after: &str,
        up_to: Option<&str>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        self.snapshots.clear();
        let mut newest = after.to_owned();
        loop {
            let read = inspector.snapshots(&newest, up_to).await?;
            let Some(last) = read.last() else { break };
            newest.clone_from(&last.stream_id);
            self.take(page, read);
            self.settle(inspector, findings).await?;
        }
        let mut past = (after.to_owned(), i64::MAX);
        loop {
            let read = inspector.past_snapshots((&past.0, past.1), up_to).await?;
            let Some(last) = read.last() else { return Ok(()) };
            past = (last.stream_id.clone(), last.mark.unwrap_or(i64::MAX));
            self.take(page, read);
            self.settle(inspector, findings).await?;
        }
    }

    fn take(&mut self, page: &[StreamEvent], read: Vec<StoredSnapshot>) {
        for snapshot in read.into_iter().filter(snapshots::is_believed::<D>) {
            let search = |event: &StreamEvent| event.stream_id.cmp(&snapshot.stream_id);
            if page.binary_search_by(search).is_ok() {
                let of_stream = self.snapshots.entry(snapshot.stream_id.clone()).or_default();
                of_stream.insert((snapshot.version, snapshot.mark), snapshot);
            } else {
                self.open.push(snapshot);
            }
        }
    }

    fn event(&mut self, event: &StreamEvent, findings: &mut Findings) {
        if self.stream.as_ref().is_none_or(|stream| stream.id != event.stream_id) {
            self.end_stream();
            self.stream = Some(self.begin(&event.stream_id));
        }
        let up_to = self.up_to;
        if let Some(stream) = &mut self.stream {
            stream.order(event, findings);
            stream.fold(event, findings);
            if event.position <= up_to {
                stream.balance = stream.running.map_or(0, |running| running.balance);
            }
        }
    }

    fn begin(&mut self, id: &str) -> Stream<D> {
        Stream {
            id: id.to_owned(),
            folded: StreamId::parse(id).ok().filter(|id| self.is_folded(id)),
            version: 0,
            position: 0,
            state: None,
            running: None,
            balance: 0,
            snapshots: self.snapshots.remove(id).unwrap_or_default(),
        }
    }

    fn is_folded(&self, id: &StreamId) -> bool {
        is_known::<D>(id.as_str()) && self.sample.contains(Partition::of(id, self.partition_count))
    }

    fn end_stream(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        self.open.extend(stream.snapshots.into_values());
        if let Some(Running { currency, .. }) = stream.running {
            *self.totals.entry(currency).or_default() += i128::from(stream.balance);
        }
    }

    async fn settle(
        &mut self,
        inspector: &Inspector,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        for snapshot in std::mem::take(&mut self.open) {
            let id = StreamId::parse(&snapshot.stream_id);
            if id.is_ok_and(|id| self.is_folded(&id)) {
                snapshots::check_again::<D>(&snapshot, inspector, findings).await?;
            }
        }
        Ok(())
    }
}

impl<D: Verified> Stream<D> {
    fn order(&mut self, event: &StreamEvent, findings: &mut Findings) {
        let place = || Place::event(event.position, &event.stream_id, event.version);
        if event.version != self.version + 1 {
            findings.add("version", place(), "version", self.version + 1, event.version);
        }
        if event.position <= self.position {
            let expected = format!("after {}, where version {} is", self.position, self.version);
            findings.add("stream-order", place(), "position", expected, event.position);
        }
        (self.version, self.position) = (event.version, event.position);
    }

    fn fold(&mut self, event: &StreamEvent, findings: &mut Findings) {
        let (Some(stream_id), Some(data)) = (&self.folded, &event.data) else { return };
        let Ok(payload) = D::Event::decode(&event.event_type, event.schema_version, data) else {
            // Said by the walk over the log. What comes after cannot be folded.
            (self.folded, self.running) = (None, None);
            self.snapshots.clear();
            return;
        };
        if let Some(BankEvent::Account(account_event)) = payload.part()
            && let Some(account_id) = AccountId::of_stream(stream_id)
        {
            let (running, wrong) = balances::step(self.running, &account_id, account_event);
            self.running = running;
            for wrong in wrong {
                let place = Place::event(event.position, &event.stream_id, event.version);
                findings.add("balance", place, wrong.field, wrong.expected, wrong.found);
            }
        }
        self.state = D::default().evolve(stream_id, self.state.take(), &payload);
        let here = (event.version, None)..=(event.version, Some(i64::MAX));
        for (_, snapshot) in self.snapshots.extract_if(here, |_, _| true) {
            snapshots::compare::<D>(&snapshot, stream_id, self.state.as_ref(), findings);
        }
    }
}

/// What customers have must be the same by amounts and by the balances that events carry.
pub(crate) fn compare_totals(
    posted: &CustomerTotals,
    carried: &CustomerTotals,
    findings: &mut Findings,
) {
    let currencies: std::collections::BTreeSet<&Currency> =
        posted.keys().chain(carried.keys()).collect();
    for currency in currencies {
        let sum = |totals: &CustomerTotals| totals.get(currency).copied().unwrap_or_default();
        if sum(posted) != sum(carried) {
            let field = format!("sum of all balances in {currency}");
            findings.add("trial-balance", Place::default(), field, sum(posted), sum(carried));
        }
    }
}
