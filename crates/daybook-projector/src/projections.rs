//! The read models of the built-in domain, one a file. To add one: its table template under migrations/read/tables, a
//! file here with its SQL beside it, a line in [`all`], a test.

mod account_entries;
mod accounts;
mod audit;
mod daily_activity;
mod erasures;
mod keyed;
mod movement;
mod posting_totals;
mod postings;
mod text;
mod transfers;

use std::sync::Arc;

use daybook_core::event::RecordedEvent;
use daybook_domains::DaybookEvent;

pub use account_entries::AccountEntries;
pub use accounts::Accounts;
pub use audit::Audit;
pub use daily_activity::DailyActivity;
pub use movement::Movement;
pub use posting_totals::PostingTotals;
pub use postings::Postings;
pub use transfers::Transfers;

use crate::projection::{FoldError, Projection, of_part};

/// All of them, in the order in which they are written.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projection<DaybookEvent>>> {
    vec![
        of_part(Accounts),
        of_part(AccountEntries),
        of_part(Transfers),
        of_part(DailyActivity),
        of_part(Postings),
        of_part(PostingTotals),
        Arc::new(Audit),
    ]
}

/// The partition as the database has it.
fn partition_column(event: &RecordedEvent) -> Result<i16, FoldError> {
    i16::try_from(event.partition.0)
        .map_err(|_| FoldError(format!("partition {} is out of range", event.partition)))
}

#[cfg(test)]
mod tests {
    use daybook_bank::PROJECTIONS;
    use daybook_bank::read_models::version_of;

    use super::*;

    /// Operators may speak of those, and of no others.
    #[test]
    fn the_command_service_knows_all_projections() {
        assert_eq!(all().iter().map(|known| known.name()).collect::<Vec<_>>(), PROJECTIONS);
    }

    #[test]
    fn the_query_service_knows_the_same_versions() {
        for projection in all() {
            assert_eq!(version_of(projection.name()), Some(projection.version()));
        }
    }
}
