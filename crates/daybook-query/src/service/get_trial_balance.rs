//! GetTrialBalance.

use daybook_core::ids::Position;
use daybook_proto::v1::get_trial_balance_request::At;
use daybook_proto::v1::{
    GetTrialBalanceRequest, GetTrialBalanceResponse, LedgerTotal, TrialBalance,
};
use time::{Date, Time};

use super::Call;
use super::fields::{checked, min_position, optional_day};
use crate::error::QueryError;
use crate::queries::get_trial_balance::{POSTING_TOTALS, POSTINGS, TotalRow, get_trial_balance};

/// The accounts in the contract's order.
const ACCOUNTS: [&str; 5] =
    ["customers", "cash-clearing", "fee-income", "refunds-payable", "transfers-in-transit"];

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetTrialBalanceRequest,
) -> Result<GetTrialBalanceResponse, QueryError> {
    let min_position = min_position(request.min_position)?;
    let cut = match request.at {
        None => None,
        Some(At::Position(position)) => Some(cut_position(position)?),
        Some(At::Day(day)) => Some(end_of_day(call, &day).await?),
    };

    let needed = min_position.max(cut.unwrap_or_default());
    let mut view = call.view_of_all(&[POSTINGS, POSTING_TOTALS], needed).await?;
    let checkpoint = view.checkpoint;
    let cut = cut.unwrap_or(checkpoint);
    let rows = call.budget.bound(get_trial_balance(&mut view, cut)).await?;
    call.budget.bound(view.close()).await?;

    let balances = by_currency(rows)?;
    Ok(GetTrialBalanceResponse { balances, position: cut.get(), checkpoint: checkpoint.get() })
}

fn cut_position(number: i64) -> Result<Position, QueryError> {
    match checked("position", Position::new(number))? {
        Position::ZERO => Err(QueryError::invalid("position", "is 0; positions begin with 1")),
        position => Ok(position),
    }
}

/// The position of the day's last event, as the log stands now.
async fn end_of_day(call: &Call<'_>, text: &str) -> Result<Position, QueryError> {
    let day = optional_day("day", text)?
        .and_then(Date::next_day)
        .ok_or_else(|| QueryError::invalid("day", "is not a day such as `2026-11-23`"))?;
    let midnight = day.with_time(Time::MIDNIGHT).assume_utc();
    call.log.ask(&call.budget, call.log.reader.position_before(midnight)).await
}

/// The rows, which are ordered by currency, as one trial balance each.
fn by_currency(rows: Vec<TotalRow>) -> Result<Vec<TrialBalance>, QueryError> {
    let mut balances = Vec::new();
    for rows in rows.chunk_by(|one, other| one.currency == other.currency) {
        let mut totals = rows.iter().map(total).collect::<Result<Vec<_>, _>>()?;
        totals.sort_by_key(|(rank, ..)| *rank);
        let sum = |side: fn(&Total) -> i128| {
            totals.iter().map(side).try_fold(0_i128, i128::checked_add).ok_or_else(beyond)
        };
        let (debits, credits) = (sum(|total| total.1)?, sum(|total| total.2)?);
        balances.push(TrialBalance {
            currency: rows.first().map(|row| row.currency.clone()).unwrap_or_default(),
            totals: totals.into_iter().map(|total| total.3).collect(),
            debits_minor_units: debits.to_string(),
            credits_minor_units: credits.to_string(),
            balanced: debits == credits,
        });
    }
    Ok(balances)
}

/// Its place in the order, debits, credits, and all of it as the contract has it.
type Total = (usize, i128, i128, LedgerTotal);

fn total(row: &TotalRow) -> Result<Total, QueryError> {
    let number = |text: &str| text.parse::<i128>().map_err(|_| beyond());
    let (debits, credits) = (number(&row.debits)?, number(&row.credits)?);
    let rank = ACCOUNTS.iter().position(|account| *account == row.account).ok_or_else(|| {
        let what = format!("unknown account `{}`", row.account);
        QueryError::Corrupt { projection: POSTINGS, what }
    })?;
    let total = LedgerTotal {
        account: row.account.clone(),
        debits_minor_units: row.debits.clone(),
        credits_minor_units: row.credits.clone(),
        balance_minor_units: credits.checked_sub(debits).ok_or_else(beyond)?.to_string(),
    };
    Ok((rank, debits, credits, total))
}

fn beyond() -> QueryError {
    let what = "a sum is beyond 128 bits".to_owned();
    QueryError::Corrupt { projection: POSTING_TOTALS, what }
}
