//! `accounts`: one row an account, as it stands.
//!
//! Events carry the balance and the held sum after them, so a row is the last word on each.

use daybook_bank::BankEvent;
use daybook_bank::account::AccountEvent;
use daybook_bank::money::Currency;
use daybook_bank::read_models::ACCOUNTS;
use daybook_core::read_model::ReadModel;
use time::OffsetDateTime;

use daybook_readmodels::keyed::{self, Keyed, allocated};
use daybook_readmodels::projection::partition_column;
use daybook_readmodels::projection::{Changes, Fact, FoldError, Projection, RowChange, RowChanges};
use daybook_readmodels::rows::{Column, Kind, Rows};
use daybook_readmodels::text::Text;

/// The read model `accounts`.
pub struct Accounts;

impl Projection<BankEvent> for Accounts {
    fn read_model(&self) -> ReadModel {
        ACCOUNTS
    }

    fn tables(&self) -> &'static str {
        include_str!("../../../migrations/read/tables/accounts.sql")
    }

    fn stream_types(&self) -> &[&'static str] {
        &["account"]
    }

    fn changes(&self) -> Box<dyn Changes<BankEvent>> {
        Box::new(AccountChanges(Keyed::default()))
    }
}

struct AccountChanges(Keyed<Change>);

/// What is new about one account; `None` where nothing is.
#[derive(Default)]
struct Change {
    opened: Option<Opened>,
    balance: Option<i64>,
    held: Option<i64>,
    status: Option<&'static str>,
    partition: i16,
    version: i64,
    updated_at: Option<OffsetDateTime>,
}

struct Opened {
    owner: Box<str>,
    /// Where the owner is sealed: for whom, and in which command.
    sealed: Option<(Box<str>, Box<str>)>,
    currency: Currency,
    overdraft_limit: i64,
    at: OffsetDateTime,
}

impl keyed::Change for Change {
    fn is_new(&self) -> bool {
        self.opened.is_some()
    }

    fn held_bytes(&self) -> usize {
        let Some(opened) = &self.opened else { return 0 };
        let sealed = opened.sealed.as_ref();
        allocated(opened.owner.len())
            + sealed
                .map_or(0, |(subject, command)| allocated(subject.len()) + allocated(command.len()))
    }

    fn insert(changes: &[(Box<str>, Box<Self>)]) -> RowChange {
        insert(changes)
    }

    fn update(changes: &[(Box<str>, Box<Self>)]) -> RowChange {
        update(changes)
    }
}

impl Changes<BankEvent> for AccountChanges {
    fn apply(&mut self, fact: Fact<'_, BankEvent>) -> Result<(), FoldError> {
        let BankEvent::Account(event) = fact.payload else { return Ok(()) };
        self.0.note(fact.recorded.stream_id.id(), |change| change.note(event, &fact))
    }

    fn bytes(&self) -> usize {
        self.0.bytes()
    }

    fn take(&mut self) -> RowChanges {
        self.0.take()
    }
}

impl Change {
    fn note(&mut self, event: &AccountEvent, fact: &Fact<'_, BankEvent>) -> Result<(), FoldError> {
        if let AccountEvent::Opened(opened) = event {
            if self.version > 0 {
                return Err(FoldError("an account that exists was opened again".to_owned()));
            }
            let owner = Text::from(&opened.owner);
            let command_id = fact.metadata.command_id.as_str();
            self.opened = Some(Opened {
                owner: owner.text.into(),
                sealed: owner.subject.map(|subject| (subject.into(), command_id.into())),
                currency: opened.currency,
                overdraft_limit: opened.overdraft_limit,
                at: fact.recorded.recorded_at,
            });
        }
        self.partition = partition_column(fact.recorded)?;
        self.version = fact.recorded.version.get();
        self.updated_at = Some(fact.recorded.recorded_at);
        match event {
            AccountEvent::Opened(_) => {
                self.balance = Some(0);
                self.held = Some(0);
                self.status = Some("open");
            }
            AccountEvent::Deposited(e) => self.balance = Some(e.balance),
            AccountEvent::Withdrawn(e) => self.balance = Some(e.balance),
            AccountEvent::FeeCharged(e) => self.balance = Some(e.balance),
            AccountEvent::Refunded(e) => self.balance = Some(e.balance),
            AccountEvent::TransferDebited(e) => self.balance = Some(e.balance),
            AccountEvent::TransferCredited(e) => self.balance = Some(e.balance),
            AccountEvent::FundsHeld(e) => self.held = Some(e.held),
            AccountEvent::HoldReleased(e) => self.held = Some(e.held),
            AccountEvent::Frozen(_) => self.status = Some("frozen"),
            AccountEvent::Unfrozen(_) => self.status = Some("open"),
            AccountEvent::Closed(_) => self.status = Some("closed"),
        }
        Ok(())
    }
}

const INSERTED: &[Column] = &[
    Column::new("account_id", Kind::Text),
    Column::new("partition", Kind::SmallInt),
    Column::new("owner", Kind::Text),
    Column::new("currency", Kind::Text),
    Column::new("balance", Kind::BigInt),
    Column::new("held", Kind::BigInt),
    Column::new("overdraft_limit", Kind::BigInt),
    Column::new("status", Kind::Text),
    Column::new("version", Kind::BigInt),
    Column::new("opened_at", Kind::Timestamp),
    Column::new("updated_at", Kind::Timestamp),
    Column::new("subject_id", Kind::Text),
    Column::new("command_id", Kind::Text),
];

/// A plain insert: an account that is opened twice is an error, not an update.
fn insert(changes: &[(Box<str>, Box<Change>)]) -> RowChange {
    let mut rows = Rows::new("accounts", INSERTED);
    for (id, change) in changes {
        let opened = change.opened.as_ref().expect("only opened ones are inserted");
        let sealed = opened.sealed.as_ref();
        rows.push(&[
            (&**id).into(),
            change.partition.into(),
            (&*opened.owner).into(),
            opened.currency.code().into(),
            change.balance.into(),
            change.held.into(),
            opened.overdraft_limit.into(),
            change.status.into(),
            change.version.into(),
            opened.at.into(),
            change.updated_at.into(),
            sealed.map(|(subject, _)| &**subject).into(),
            sealed.map(|(_, command)| &**command).into(),
        ]);
    }
    RowChange::Insert(rows)
}

const UPDATED: &[Column] = &[
    Column::new("account_id", Kind::Text),
    Column::new("balance", Kind::BigInt),
    Column::new("held", Kind::BigInt),
    Column::new("status", Kind::Text),
    Column::new("version", Kind::BigInt),
    Column::new("updated_at", Kind::Timestamp),
];

fn update(changes: &[(Box<str>, Box<Change>)]) -> RowChange {
    let mut rows = Rows::new("accounts", UPDATED);
    for (id, change) in changes {
        rows.push(&[
            (&**id).into(),
            change.balance.into(),
            change.held.into(),
            change.status.into(),
            change.version.into(),
            change.updated_at.into(),
        ]);
    }
    RowChange::Update(rows, include_str!("accounts/update.sql"))
}
