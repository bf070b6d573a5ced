//! What happened on one day in one currency, of one kind.

use daybook_proto::v1;
use serde::Serialize;

use super::amount_text;
use super::statement::kind_word;
use crate::output::Row;

#[derive(Serialize)]
pub(crate) struct ActivityView {
    day: String,
    currency: String,
    kind: &'static str,
    count: i64,
    volume: String,
    volume_minor_units: String,
}

impl From<v1::DailyActivity> for ActivityView {
    fn from(activity: v1::DailyActivity) -> Self {
        let volume = match activity.volume_minor_units.parse::<i128>() {
            Ok(minor_units) => amount_text(minor_units, &activity.currency),
            // Wider than any sum that a real book reaches; still the truth.
            Err(_) => format!("{} minor units", activity.volume_minor_units),
        };
        Self {
            kind: kind_word(activity.kind()),
            volume,
            day: activity.day,
            currency: activity.currency,
            count: activity.count,
            volume_minor_units: activity.volume_minor_units,
        }
    }
}

impl Row for ActivityView {
    const COLUMNS: &'static [&'static str] = &["day", "currency", "kind", ">count", ">volume"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.day.clone(),
            self.currency.clone(),
            self.kind.to_owned(),
            self.count.to_string(),
            self.volume.clone(),
        ]
    }
}
