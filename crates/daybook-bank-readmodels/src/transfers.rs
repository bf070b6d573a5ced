//! `transfers`: one row a transfer, with who took each step, when and why.

use daybook_bank::BankEvent;
use daybook_bank::read_models::TRANSFERS;
use daybook_bank::transfer::TransferEvent;
use daybook_bank::transfer::event::TransferInitiated;
use daybook_core::ids::{Actor, Position};
use daybook_core::read_model::ReadModel;
use serde::Serialize;
use time::OffsetDateTime;

use daybook_readmodels::keyed::{self, Keyed, allocated};
use daybook_readmodels::projection::partition_column;
use daybook_readmodels::projection::{Changes, Fact, FoldError, Projection, RowChange, RowChanges};
use daybook_readmodels::rows::{Cell, Column, Kind, Rows};
use daybook_readmodels::text::Text;

/// The read model `transfers`.
pub struct Transfers;

impl Projection<BankEvent> for Transfers {
    fn read_model(&self) -> ReadModel {
        TRANSFERS
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../migrations/read/tables/transfers.sql")
    }

    fn stream_types(&self) -> &[&'static str] {
        &["transfer"]
    }

    fn changes(&self) -> Box<dyn Changes<BankEvent>> {
        Box::new(TransferChanges(Keyed::default()))
    }
}

struct TransferChanges(Keyed<Change>);

/// What is new about one transfer.
#[derive(Default)]
struct Change {
    initiated: Option<(Box<TransferInitiated>, Position)>,
    status: &'static str,
    /// The elements of a JSON array, as text.
    steps: String,
    partition: i16,
    version: i64,
}

/// One step as it is stored.
#[derive(Serialize)]
struct Step<'a> {
    status: &'static str,
    actor: &'a Actor,
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
    reason: Option<&'a str>,
    position: Position,
    /// Where the reason is sealed: for whom, and in which command.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_id: Option<&'a str>,
}

impl keyed::Change for Change {
    fn is_new(&self) -> bool {
        self.initiated.is_some()
    }

    /// Nothing follows these: a transfer that is taken back is another transfer.
    fn is_final(&self) -> bool {
        matches!(self.status, "rejected" | "cancelled" | "executed")
    }

    fn held_bytes(&self) -> usize {
        let initiated = self.initiated.as_ref().map_or(0, |(initiated, _)| {
            let ids = [initiated.source.as_str(), initiated.destination.as_str()];
            allocated(size_of::<TransferInitiated>())
                + ids.iter().map(|id| allocated(id.len())).sum::<usize>()
                + allocated(initiated.initiator.as_str().len())
        });
        initiated + allocated(self.steps.capacity())
    }

    fn insert(changes: &[(Box<str>, Box<Self>)]) -> RowChange {
        insert(changes)
    }

    fn update(changes: &[(Box<str>, Box<Self>)]) -> RowChange {
        update(changes)
    }
}

impl Changes<BankEvent> for TransferChanges {
    fn apply(&mut self, fact: Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let BankEvent::Transfer(event) = fact.payload else { return Ok(()) };
        self.0.note(fact.recorded.stream_id.id(), |change| change.note(event, &fact))
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn take_final(&mut self) -> RowChanges {
        self.0.take_final()
    }

    fn take(&mut self) -> RowChanges {
        self.0.take()
    }
}

impl Change {
    fn note(&mut self, event: &TransferEvent, fact: &Fact<'_, BankEvent>) -> Result<(), FoldError> {
        if let TransferEvent::Initiated(initiated) = event {
            if self.version > 0 {
                return Err(FoldError("a transfer that exists was initiated again".to_owned()));
            }
            self.initiated = Some((Box::new(initiated.clone()), fact.recorded.position));
        }
        self.status = status(event);
        self.partition = partition_column(fact.recorded)?;
        self.version = fact.recorded.version.get();
        self.add_step(fact)
    }

    fn add_step(&mut self, fact: &Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let reason = fact.metadata.reason.as_ref().map(Text::from);
        let subject = reason.and_then(|reason| reason.subject);
        let step = Step {
            status: self.status,
            actor: &fact.metadata.actor,
            recorded_at: fact.recorded.recorded_at,
            reason: reason.map(|reason| reason.text),
            position: fact.recorded.position,
            subject,
            command_id: subject.map(|_| fact.metadata.command_id.as_str()),
        };
        let text = serde_json::to_string(&step)
            .map_err(|error| FoldError(format!("the step cannot be written: {error}")))?;
        if !self.steps.is_empty() {
            self.steps.push(',');
        }
        self.steps.push_str(&text);
        Ok(())
    }

    fn steps_text(&self) -> String {
        format!("[{}]", self.steps)
    }
}

/// The status that an event leads to.
fn status(event: &TransferEvent) -> &'static str {
    match event {
        TransferEvent::Initiated(_) => "initiated",
        TransferEvent::Approved(_) => "approved",
        TransferEvent::Rejected(_) => "rejected",
        TransferEvent::Cancelled(_) => "cancelled",
        TransferEvent::Executed(_) => "executed",
    }
}

const INSERTED: &[Column] = &[
    Column::new("transfer_id", Kind::Text),
    Column::new("partition", Kind::SmallInt),
    Column::new("source_account_id", Kind::Text),
    Column::new("destination_account_id", Kind::Text),
    Column::new("amount", Kind::BigInt),
    Column::new("currency", Kind::Text),
    Column::new("status", Kind::Text),
    Column::new("approval_required", Kind::Boolean),
    Column::new("version", Kind::BigInt),
    Column::new("initiated_position", Kind::BigInt),
    Column::new("steps", Kind::Json),
];

/// A plain insert: a transfer that is initiated twice is an error, not an update.
fn insert(changes: &[(Box<str>, Box<Change>)]) -> RowChange {
    let mut rows = Rows::new("transfers", INSERTED);
    for (id, change) in changes {
        let (initiated, position) =
            change.initiated.as_ref().expect("only initiated ones are inserted");
        rows.push(&[
            (&**id).into(),
            change.partition.into(),
            initiated.source.as_str().into(),
            initiated.destination.as_str().into(),
            initiated.amount.minor_units.into(),
            initiated.amount.currency.code().into(),
            change.status.into(),
            initiated.approval_required.into(),
            change.version.into(),
            position.get().into(),
            Cell::Json(&change.steps_text()),
        ]);
    }
    RowChange::Insert(rows)
}

const UPDATED: &[Column] = &[
    Column::new("transfer_id", Kind::Text),
    Column::new("status", Kind::Text),
    Column::new("version", Kind::BigInt),
    Column::new("steps", Kind::Json),
];

fn update(changes: &[(Box<str>, Box<Change>)]) -> RowChange {
    let mut rows = Rows::new("transfers", UPDATED);
    for (id, change) in changes {
        let steps = change.steps_text();
        rows.push(&[
            (&**id).into(),
            change.status.into(),
            change.version.into(),
            Cell::Json(&steps),
        ]);
    }
    RowChange::Update(rows, include_str!("transfers/update.sql"))
}
