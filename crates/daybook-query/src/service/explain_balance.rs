//! ExplainBalance.

use daybook_bank::account::AccountId;
use daybook_bank::postings::LedgerAccount;
use daybook_bank::transfer::TransferId;
use daybook_proto::v1::{
    Entry, EntryKind, ExplainBalanceRequest, ExplainBalanceResponse, KindTotal, Movement,
};
use prost_types::Timestamp;

use super::Call;
use super::fields::{checked, min_position, optional, optional_time};
use super::get_statement::{EVER, balance_before, entry, key_of, keys_of};
use super::moment::{At, find_moment};
use super::words::entry_kind;
use crate::error::{Kind, QueryError};
use crate::page::{self, PageSize};
use crate::page_token::{self, Fingerprint};
use crate::personal::RowKeys;
use crate::queries::explain_balance::{
    ExplanationQuestion, KindRow, explain_balance, total_by_kind,
};
use crate::queries::get_account::{ACCOUNTS, get_account};
use crate::queries::get_statement::{ACCOUNT_ENTRIES, EntryKey, EntryRow, balance_at};

pub(super) async fn answer(
    call: &Call<'_>,
    mut request: ExplainBalanceRequest,
) -> Result<ExplainBalanceResponse, QueryError> {
    let min_position = min_position(request.min_position)?;
    let account_id = checked("account_id", AccountId::new(&request.account_id))?;
    let stream_id = account_id.stream_id();
    let at = At::check(request.at.take())?;
    let (mut question, size, list) = question(&request, account_id, at)?;

    // What moment it is, the log knows at once; the read models are then waited for.
    let moment = find_moment(call, &stream_id, at).await?;
    let is_now = at == At::Now;
    if let Some(moment) = moment.filter(|_| !is_now) {
        question.until =
            EntryKey { recorded_at: moment.recorded_at, version: moment.version.get() };
    }
    let needed = match moment {
        Some(moment) if !is_now => min_position.max(moment.position),
        _ => min_position,
    };
    let mut view = call.view_of_stream(&[ACCOUNTS, ACCOUNT_ENTRIES], &stream_id, needed).await?;
    let checkpoint = view.checkpoint.get();
    let account = call.budget.bound(get_account(&mut view, &question.account_id)).await?;
    let account = account.ok_or_else(|| {
        let id = question.account_id.to_string();
        QueryError::NotFound { kind: Kind::Account, id }
    })?;
    let version = match moment {
        _ if is_now => account.version,
        Some(moment) => moment.version.get(),
        None => return Ok(not_opened_yet(account.currency, checkpoint)),
    };
    let first_page = request.page_token.is_empty();
    let reading = async {
        let balance = balance_at(&mut view, &question.account_id, question.until).await?;
        let rows = explain_balance(&mut view, &question).await?;
        let totals =
            if first_page { total_by_kind(&mut view, &question).await? } else { Vec::new() };
        let opening = match rows.first() {
            Some(first) => balance_before(first)?,
            None => balance_at(&mut view, &question.account_id, question.after).await?,
        };
        view.close().await?;
        Ok::<_, QueryError>((balance, rows, totals, opening))
    };
    let (balance, rows, totals, opening) = call.budget.bound(reading).await?;
    if question.transfer_id.is_none() {
        check_chain(opening, &rows)?;
    }

    let keys = keys_of(call, &rows).await;
    let movements = rows.into_iter().map(|row| movement(row, &keys)).collect::<Result<_, _>>()?;
    let (movements, more) = page::cut(movements, size);
    let last = movements.last().and_then(|movement| movement.entry.as_ref());
    let next_page_token = match last {
        Some(last) if more => page_token::encode(&list, &key_of(last)),
        _ => String::new(),
    };
    Ok(ExplainBalanceResponse {
        balance_minor_units: balance,
        currency: account.currency,
        version,
        opening_balance_minor_units: opening,
        closing_balance_minor_units: last.map_or(opening, |last| last.balance_minor_units),
        totals: by_kind(totals)?,
        next_page_token,
        checkpoint,
        movements,
    })
}

/// Checks the request; until when is put in later.
fn question(
    request: &ExplainBalanceRequest,
    account_id: AccountId,
    at: At,
) -> Result<(ExplanationQuestion, PageSize, Fingerprint), QueryError> {
    let transfer_id = optional(&request.transfer_id, || {
        checked("transfer_id", TransferId::new(&request.transfer_id))
    })?;
    let size = PageSize::parse(request.page_size)?;
    let as_of = at.as_of();
    let time = as_of.time.map(time::OffsetDateTime::unix_timestamp_nanos);
    let moment = (as_of.version, as_of.position, time);
    let list = Fingerprint::of(&("ExplainBalance", &account_id, moment, &transfer_id));
    let after = match page_token::decode::<(i64, i32, i64)>(&request.page_token, &list)? {
        Some((seconds, nanos, version)) => {
            let at = optional_time("page_token", Some(Timestamp { seconds, nanos }))?;
            EntryKey { recorded_at: at.unwrap_or(EVER.0), version }
        }
        None => EntryKey { recorded_at: EVER.0, version: 0 },
    };
    let until = EntryKey { recorded_at: EVER.1, version: i64::MAX };
    let limit = size.rows_and_one();
    Ok((ExplanationQuestion { account_id, after, until, transfer_id, limit }, size, list))
}

fn not_opened_yet(currency: String, checkpoint: i64) -> ExplainBalanceResponse {
    ExplainBalanceResponse { currency, checkpoint, ..Default::default() }
}

/// Each balance is the one before it and the amount: whoever explains a balance has checked it.
fn check_chain(opening: i64, rows: &[EntryRow]) -> Result<(), QueryError> {
    let mut balance = opening;
    for row in rows {
        if balance.checked_add(row.amount) != Some(row.balance) {
            let (position, amount) = (row.position, row.amount);
            return Err(QueryError::Corrupt {
                projection: ACCOUNT_ENTRIES,
                what: format!(
                    "at position {position} the balance {} is not {balance} and {amount}",
                    row.balance
                ),
            });
        }
        balance = row.balance;
    }
    Ok(())
}

fn movement(row: EntryRow, keys: &RowKeys) -> Result<Movement, QueryError> {
    let entry: Entry = entry(row, keys)?;
    let counter_account = counter_account(entry.kind()).to_owned();
    Ok(Movement { entry: Some(entry), counter_account })
}

/// As `daybook_bank::postings` posts such a movement.
fn counter_account(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Deposit | EntryKind::Withdrawal => LedgerAccount::CashClearing.class(),
        EntryKind::Fee => LedgerAccount::FeeIncome.class(),
        EntryKind::Refund => LedgerAccount::RefundsPayable.class(),
        EntryKind::TransferIn | EntryKind::TransferOut => LedgerAccount::TransfersInTransit.class(),
        EntryKind::Unspecified => "",
    }
}

fn by_kind(rows: Vec<KindRow>) -> Result<Vec<KindTotal>, QueryError> {
    let total = |row: KindRow| {
        let kind = entry_kind(&row.kind, ACCOUNT_ENTRIES)?.into();
        Ok(KindTotal { kind, count: row.count, amount_minor_units: row.amount })
    };
    let mut totals = rows.into_iter().map(total).collect::<Result<Vec<_>, QueryError>>()?;
    totals.sort_by_key(|total| total.kind);
    Ok(totals)
}
