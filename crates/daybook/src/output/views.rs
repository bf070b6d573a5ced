//! What is shown of each thing that the services answer with: its columns for people, its fields for programs.
//!
//! Amounts are shown as people write them, with the whole minor units beside them for programs, as text: many programs
//! read a JSON number as a binary fraction, which holds no whole number beyond 2^53. The field names are part of the interface of `--json`.

mod account;
mod activity;
mod audit_event;
mod event;
mod ledger_total;
mod movement;
mod projection;
mod receipt;
mod state;
mod statement;
mod story;
mod transfer;

pub(crate) use account::AccountView;
pub(crate) use activity::ActivityView;
pub(crate) use audit_event::AuditEventView;
pub(crate) use event::EventView;
pub(crate) use ledger_total::LedgerTotalView;
pub(crate) use movement::{KindTotalView, MovementView};
pub(crate) use projection::{PartitionView, ProjectionView};
pub(crate) use receipt::ReceiptView;
pub(crate) use state::StateView;
pub(crate) use statement::EntryView;
pub(crate) use story::StoryView;
pub(crate) use transfer::TransferView;

use daybook_bank::money::Currency;
use daybook_proto::v1;
use prost_types::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::escape;

/// An amount as people write it. A currency that this build does not know is shown in its minor units, and says so.
pub(crate) fn amount_text(minor_units: impl Into<i128>, currency: &str) -> String {
    let minor_units = minor_units.into();
    match currency.parse::<Currency>() {
        Ok(currency) => currency.format_wide(minor_units),
        Err(_) => format!("{minor_units} minor units"),
    }
}

/// Why a personal text is not shown, for programs; `None`: it is, or there is none.
fn hidden_word(hidden: v1::Hidden) -> Option<&'static str> {
    match hidden {
        v1::Hidden::Unspecified => None,
        v1::Hidden::Erased => Some("erased"),
        v1::Hidden::Sealed => Some("sealed"),
        v1::Hidden::Unavailable => Some("unavailable"),
    }
}

/// A personal text for people, or why there is none to be seen: `[erased]`, `[sealed]`, `[unavailable]`.
fn personal_cell(text: &str, hidden: Option<&'static str>) -> String {
    hidden.map_or_else(|| escape(text), |word| format!("[{word}]"))
}

/// A time from [`time_text`] as a person needs it: to the second. `--json` has the rest.
fn time_for_people(text: &str) -> String {
    let to_the_second = text.split(['.', 'Z']).next().unwrap_or_default();
    to_the_second.replacen('T', " ", 1)
}

/// A time in UTC, to the microsecond that the log keeps; empty where there is none.
pub(crate) fn time_text(at: Option<&Timestamp>) -> String {
    at.and_then(|at| {
        let whole = OffsetDateTime::from_unix_timestamp(at.seconds).ok()?;
        let micros = u32::try_from(at.nanos).ok()? / 1000;
        whole.replace_microsecond(micros).ok()?.format(&Rfc3339).ok()
    })
    .unwrap_or_default()
}
