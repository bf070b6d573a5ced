//! GetDailyActivity.

use daybook_proto::v1::{DailyActivity, GetDailyActivityRequest, GetDailyActivityResponse};

use super::Call;
use super::fields::{min_position, optional_currency, optional_day};
use super::words::entry_kind;
use crate::error::QueryError;
use crate::queries::get_daily_activity::{
    ActivityQuestion, DAILY_ACTIVITY, DayRow, get_daily_activity,
};

/// Days between the first and the last, at most.
const DAYS_MAX: i64 = 366;

pub(super) async fn answer(
    call: &Call<'_>,
    request: GetDailyActivityRequest,
) -> Result<GetDailyActivityResponse, QueryError> {
    let question = question(&request)?;
    let min_position = min_position(request.min_position)?;

    let mut view = call.view_of_all(&[DAILY_ACTIVITY], min_position).await?;
    let checkpoint = view.checkpoint.get();
    let rows = call.budget.bound(get_daily_activity(&mut view, &question)).await?;
    call.budget.bound(view.close()).await?;

    let mut activities = rows.into_iter().map(activity).collect::<Result<Vec<_>, _>>()?;
    // Kinds in the contract's order, which the database does not know; days and currencies are in order already.
    activities.sort_by(|a, b| (&a.day, &a.currency, a.kind).cmp(&(&b.day, &b.currency, b.kind)));
    Ok(GetDailyActivityResponse { activities, checkpoint })
}

/// Checks the request.
fn question(request: &GetDailyActivityRequest) -> Result<ActivityQuestion, QueryError> {
    let from_day = optional_day("from_day", &request.from_day)?;
    let to_day = optional_day("to_day", &request.to_day)?;
    if let (Some(from), Some(to)) = (from_day, to_day) {
        if from > to {
            return Err(QueryError::invalid("from_day", "is after `to_day`"));
        }
        let days = (to - from).whole_days();
        if days > DAYS_MAX {
            return Err(QueryError::invalid(
                "to_day",
                format!("is {days} days after `from_day`, at most {DAYS_MAX} are allowed"),
            ));
        }
    }
    let currency = optional_currency(&request.currency)?;
    Ok(ActivityQuestion { from_day, to_day, currency })
}

fn activity(row: DayRow) -> Result<DailyActivity, QueryError> {
    Ok(DailyActivity {
        day: row.day.to_string(),
        kind: entry_kind(&row.kind, DAILY_ACTIVITY)?.into(),
        currency: row.currency,
        count: row.count,
        volume_minor_units: row.volume,
    })
}
