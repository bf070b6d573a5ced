//! What happened per day and currency: counts and volumes by kind.

use daybook_bank::money::Currency;
use time::Date;

use crate::consistency::View;
use crate::error::QueryError;

/// The projection that answers.
pub(crate) const DAILY_ACTIVITY: &str = "daily_activity";

/// Rows of an answer at most; it has no pages. A year of ten currencies fits.
const ROWS_MAX: u32 = 25_000;

/// A day's rows of read model `daily_activity`, summed over the partitions.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct DayRow {
    pub(crate) day: Date,
    pub(crate) currency: String,
    pub(crate) kind: String,
    pub(crate) count: i64,
    /// A decimal integer: it may be wider than 64 bits.
    pub(crate) volume: String,
}

/// Which days; both inclusive.
#[derive(Debug)]
pub(crate) struct ActivityQuestion {
    pub(crate) from_day: Option<Date>,
    pub(crate) to_day: Option<Date>,
    pub(crate) currency: Option<Currency>,
}

/// The rows, by day and currency.
pub(crate) async fn get_daily_activity(
    view: &mut View,
    question: &ActivityQuestion,
) -> Result<Vec<DayRow>, QueryError> {
    let sql = view.sql(DAILY_ACTIVITY, include_str!("sql/get_daily_activity.sql"));
    let rows: Vec<DayRow> = sqlx::query_as(sql)
        .bind(question.from_day)
        .bind(question.to_day)
        .bind(question.currency.map(Currency::code))
        .bind(i64::from(ROWS_MAX) + 1)
        .fetch_all(view.connection())
        .await?;
    match u32::try_from(rows.len()) {
        Ok(count) if count <= ROWS_MAX => Ok(rows),
        _ => Err(QueryError::TooLarge { rows_max: ROWS_MAX }),
    }
}
