//! Events and batches with boring defaults.

use daybook_bank::BankEvent;
use daybook_bank::account::event::{AccountEvent, AccountOpened, MoneyDeposited};
use daybook_bank::money::{Currency, Money};
use daybook_core::event::{EventPayload as _, NewEvent};
use daybook_core::ids::{CommandId, Version};
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_eventlog::append::{Batch, NewCommand};
use serde_json::value::RawValue;
use uuid::Uuid;

pub(crate) fn stream_id(text: &str) -> StreamId {
    StreamId::parse(text).unwrap()
}

pub(crate) fn version(number: i64) -> Version {
    Version::new(number).unwrap()
}

pub(crate) fn command_id(text: &str) -> CommandId {
    CommandId::new(text).unwrap()
}

/// Some event.
pub(crate) fn event(stream: &str, number: i64) -> NewEvent {
    NewEvent {
        stream_id: stream_id(stream),
        version: version(number),
        event_type: "something-happened",
        schema_version: 1,
        event_id: Uuid::now_v7(),
        data: json("{}"),
        metadata: json(r#"{"actor":"clerk"}"#).into(),
    }
}

/// An event that PostgreSQL refuses: it nests deeper than its parser's stack.
pub(crate) fn poisoned(stream: &str, number: i64) -> NewEvent {
    let (open, close) = ("[".repeat(NESTING), "]".repeat(NESTING));
    NewEvent { data: json(&(open + &close)), ..event(stream, number) }
}

/// Deep enough.
const NESTING: usize = 100_000;

/// A text that is JSON.
pub(crate) fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

/// An event of the bank.
pub(crate) fn bank_event(stream: &str, number: i64, event: impl Into<BankEvent>) -> NewEvent {
    let bank: BankEvent = event.into();
    NewEvent {
        event_type: bank.event_type(),
        schema_version: bank.schema_version(),
        data: bank.encode().unwrap(),
        ..self::event(stream, number)
    }
}

pub(crate) fn opened() -> AccountEvent {
    AccountEvent::Opened(AccountOpened {
        owner: Personal::new("Ada").unwrap(),
        currency: usd(),
        overdraft_limit: 0,
    })
}

/// A deposit of one cent, after which so many are there.
pub(crate) fn deposited(balance: i64) -> AccountEvent {
    AccountEvent::Deposited(MoneyDeposited { amount: Money::new(1, usd()), balance })
}

/// An account's life: opened at version 1, then a cent a version, up to `last`.
pub(crate) fn account(stream: &str, last: i64) -> Vec<NewEvent> {
    let life = |number| match number {
        1 => bank_event(stream, 1, opened()),
        _ => bank_event(stream, number, deposited(number - 1)),
    };
    (1..=last).map(life).collect()
}

/// All events as those of one command that nobody sent before.
pub(crate) fn batch(events: Vec<NewEvent>) -> Batch {
    let id = Uuid::now_v7().to_string();
    batch_of(vec![(&id, events)])
}

/// The events of several commands, by command id.
pub(crate) fn batch_of(commands: Vec<(&str, Vec<NewEvent>)>) -> Batch {
    let mut batch = Batch::default();
    for (id, events) in commands {
        batch.commands.push(NewCommand {
            command_id: command_id(id),
            content_hash: content_hash(id),
            event_count: events.len(),
        });
        batch.events.extend(events);
    }
    batch
}

/// What [`batch_of`] takes for the hash of a command's content.
pub(crate) fn content_hash(id: &str) -> [u8; 32] {
    let mut hash = [7; 32];
    for (place, byte) in hash.iter_mut().zip(id.bytes()) {
        *place = byte;
    }
    hash
}

fn usd() -> Currency {
    "USD".parse().unwrap()
}
