//! The words of the read models and what the public contract calls them.

use daybook_core::personal::Personal;
use daybook_proto::v1::{AccountStatus, EntryKind, Hidden, TransferStatus};
use prost_types::Timestamp;
use time::OffsetDateTime;

use crate::error::QueryError;
use crate::personal::Shown;

const ACCOUNT_STATUSES: [(&str, AccountStatus); 3] = [
    ("open", AccountStatus::Open),
    ("frozen", AccountStatus::Frozen),
    ("closed", AccountStatus::Closed),
];

const TRANSFER_STATUSES: [(&str, TransferStatus); 5] = [
    ("initiated", TransferStatus::Initiated),
    ("approved", TransferStatus::Approved),
    ("rejected", TransferStatus::Rejected),
    ("cancelled", TransferStatus::Cancelled),
    ("executed", TransferStatus::Executed),
];

const ENTRY_KINDS: [(&str, EntryKind); 6] = [
    ("deposit", EntryKind::Deposit),
    ("withdrawal", EntryKind::Withdrawal),
    ("fee", EntryKind::Fee),
    ("refund", EntryKind::Refund),
    ("transfer_in", EntryKind::TransferIn),
    ("transfer_out", EntryKind::TransferOut),
];

pub(super) fn account_status(word: &str) -> Result<AccountStatus, QueryError> {
    meaning(&ACCOUNT_STATUSES, word, "accounts")
}

pub(super) fn transfer_status(word: &str) -> Result<TransferStatus, QueryError> {
    meaning(&TRANSFER_STATUSES, word, "transfers")
}

pub(super) fn entry_kind(word: &str, projection: &'static str) -> Result<EntryKind, QueryError> {
    meaning(&ENTRY_KINDS, word, projection)
}

/// The word for a status in a request; unspecified: any.
pub(super) fn account_status_filter(number: i32) -> Result<Option<&'static str>, QueryError> {
    filter(&ACCOUNT_STATUSES, number)
}

/// The word for a status in a request; unspecified: any.
pub(super) fn transfer_status_filter(number: i32) -> Result<Option<&'static str>, QueryError> {
    filter(&TRANSFER_STATUSES, number)
}

pub(super) fn timestamp(time: OffsetDateTime) -> Option<Timestamp> {
    let nanos = i32::try_from(time.nanosecond()).expect("less than a second");
    Some(Timestamp { seconds: time.unix_timestamp(), nanos })
}

/// A personal text of the log, as far as it is opened; empty where it is hidden, or there is none.
pub(super) fn shown(text: Option<&Personal>) -> (String, Hidden) {
    match text {
        None => (String::new(), Hidden::Unspecified),
        Some(Personal::Plain(text)) => (text.clone(), Hidden::Unspecified),
        Some(Personal::Sealed(_)) => (String::new(), Hidden::Sealed),
        Some(Personal::Erased) => (String::new(), Hidden::Erased),
    }
}

/// A personal text of a read model, likewise.
pub(super) fn shown_of_row(shown: Shown) -> (String, Hidden) {
    match shown {
        Shown::Nothing => (String::new(), Hidden::Unspecified),
        Shown::Text(text) => (text, Hidden::Unspecified),
        Shown::Erased => (String::new(), Hidden::Erased),
        Shown::Sealed => (String::new(), Hidden::Sealed),
        Shown::Unavailable => (String::new(), Hidden::Unavailable),
    }
}

fn meaning<T: Copy>(
    words: &[(&str, T)],
    word: &str,
    projection: &'static str,
) -> Result<T, QueryError> {
    let found = words.iter().find(|(known, _)| *known == word);
    found
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| QueryError::Corrupt { projection, what: format!("unknown word `{word}`") })
}

fn filter<T: Copy + Into<i32>>(
    words: &[(&'static str, T)],
    number: i32,
) -> Result<Option<&'static str>, QueryError> {
    if number == 0 {
        return Ok(None);
    }
    match words.iter().find(|(_, status)| (*status).into() == number) {
        Some((word, _)) => Ok(Some(word)),
        None => Err(QueryError::invalid("status", format!("is {number}, which is no status"))),
    }
}
