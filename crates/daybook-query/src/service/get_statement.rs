//! GetStatement.

use daybook_bank::account::AccountId;
use daybook_keys::REASON;
use daybook_proto::v1::{Entry, EntryKind, GetStatementRequest, GetStatementResponse, Hidden};
use time::OffsetDateTime;
use time::macros::datetime;

use super::Call;
use super::fields::{checked, min_position, optional_time};
use super::words::{entry_kind, shown_of_row, timestamp};
use crate::consistency::View;
use crate::error::{Kind, QueryError};
use crate::page::{self, PageSize};
use crate::page_token::{self, Fingerprint};
use crate::personal::{RowKeys, RowText};
use crate::queries::get_account::{ACCOUNTS, get_account};
use crate::queries::get_statement::{
    ACCOUNT_ENTRIES, EntryKey, EntryRow, StatementQuestion, balance_at, get_statement,
};

/// Before and after everything that can be recorded.
pub(super) const EVER: (OffsetDateTime, OffsetDateTime) =
    (datetime!(0001-01-01 00:00 UTC), datetime!(9999-12-31 23:59:59.999999 UTC));

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetStatementRequest,
) -> Result<GetStatementResponse, QueryError> {
    let min_position = min_position(request.min_position)?;
    let (question, size, list) = question(&request)?;
    let account_id = &question.account_id;

    let needed = &[ACCOUNTS, ACCOUNT_ENTRIES];
    let mut view = call.view_of_stream(needed, &account_id.stream_id(), min_position).await?;
    let checkpoint = view.checkpoint.get();
    let account = call.budget.bound(get_account(&mut view, account_id)).await?;
    let account = account
        .ok_or_else(|| QueryError::NotFound { kind: Kind::Account, id: account_id.to_string() })?;
    let rows = call.budget.bound(get_statement(&mut view, &question)).await?;
    let opening = call.budget.bound(opening_balance(&mut view, &question, rows.first())).await?;
    call.budget.bound(view.close()).await?;

    let keys = keys_of(call, &rows).await;
    let entries = rows.into_iter().map(|row| entry(row, &keys)).collect::<Result<_, _>>()?;
    let (entries, more) = page::cut(entries, size);
    let next_page_token = match entries.last() {
        Some(last) if more => page_token::encode(&list, &key_of(last)),
        _ => String::new(),
    };
    Ok(GetStatementResponse {
        closing_balance_minor_units: entries
            .last()
            .map_or(opening, |last| last.balance_minor_units),
        entries,
        next_page_token,
        currency: account.currency,
        opening_balance_minor_units: opening,
        checkpoint,
    })
}

/// Checks the request.
fn question(
    request: &GetStatementRequest,
) -> Result<(StatementQuestion, PageSize, Fingerprint), QueryError> {
    let account_id = checked("account_id", AccountId::new(&request.account_id))?;
    let from = optional_time("from", request.from)?.unwrap_or(EVER.0);
    let before = optional_time("to", request.to)?.unwrap_or(EVER.1);
    if from > before {
        return Err(QueryError::invalid("from", "is after `to`"));
    }
    let size = PageSize::parse(request.page_size)?;
    let key_of = OffsetDateTime::unix_timestamp_nanos;
    let list = Fingerprint::of(&("GetStatement", &account_id, key_of(from), key_of(before)));
    let after = match page_token::decode::<(i64, i32, i64)>(&request.page_token, &list)? {
        Some((seconds, nanos, version)) => EntryKey {
            recorded_at: optional_time(
                "page_token",
                Some(prost_types::Timestamp { seconds, nanos }),
            )?
            .unwrap_or(from),
            version,
        },
        None => EntryKey { recorded_at: from, version: 0 },
    };
    let question = StatementQuestion { account_id, after, before, limit: size.rows_and_one() };
    Ok((question, size, list))
}

/// Where an entry stands, as a page token has it.
pub(super) fn key_of(entry: &Entry) -> (i64, i32, i64) {
    let at = entry.recorded_at.unwrap_or_default();
    (at.seconds, at.nanos, entry.version)
}

/// The balance before the first entry; without entries, before where they would begin.
async fn opening_balance(
    view: &mut View,
    question: &StatementQuestion,
    first: Option<&EntryRow>,
) -> Result<i64, QueryError> {
    match first {
        Some(first) => balance_before(first),
        None => balance_at(view, &question.account_id, question.after).await,
    }
}

/// The balance before an entry.
pub(super) fn balance_before(first: &EntryRow) -> Result<i64, QueryError> {
    first.balance.checked_sub(first.amount).ok_or_else(|| QueryError::Corrupt {
        projection: ACCOUNT_ENTRIES,
        what: format!("the balance before position {} is beyond 64 bits", first.position),
    })
}

/// The customer of a refund as the log has it.
const CUSTOMER: &str = "customer";

/// What opens the texts of entries.
pub(super) async fn keys_of(call: &Call<'_>, rows: &[EntryRow]) -> RowKeys {
    let subjects = rows.iter().filter_map(|row| row.subject_id.as_deref());
    call.opener.keys_of_rows(subjects, &call.budget).await
}

pub(super) fn entry(row: EntryRow, keys: &RowKeys) -> Result<Entry, QueryError> {
    let kind = entry_kind(&row.kind, ACCOUNT_ENTRIES)?;
    let show = |field, text| {
        let (subject_id, command_id) = (row.subject_id.as_deref(), row.command_id.as_deref());
        shown_of_row(keys.show(RowText { text, subject_id, command_id, field }))
    };
    let (reason, reason_hidden) = show(REASON, row.reason);
    let (counterparty, counterparty_hidden) = match kind {
        EntryKind::Refund => show(CUSTOMER, row.counterparty),
        _ => (row.counterparty.unwrap_or_default(), Hidden::Unspecified),
    };
    Ok(Entry {
        version: row.version,
        position: row.position,
        kind: kind.into(),
        amount_minor_units: row.amount,
        balance_minor_units: row.balance,
        counterparty,
        counterparty_hidden: counterparty_hidden.into(),
        transfer_id: row.transfer_id.unwrap_or_default(),
        actor: row.actor,
        reason,
        reason_hidden: reason_hidden.into(),
        recorded_at: timestamp(row.recorded_at),
        correlation_id: row.correlation_id,
    })
}
