//! The domains of this build, as one: the bank, and what the system itself is told. All processes decide by it and
//! read the log's events as its own, so that they agree about what may be in one log. A domain is added here: a line
//! in [`Daybook`], and one in [`READ_MODELS`] where it has any.

use daybook_bank::{Bank, BankCommand, BankEvent, BankRejection, BankState};
use daybook_core::compose::{joined, total};
use daybook_core::read_model::{AUDIT, ReadModel};
use daybook_core::system::{System, SystemCommand, SystemEvent, SystemRejection, SystemState};

daybook_core::compose! {
    /// All domains of this build.
    pub struct Daybook: DaybookCommand, DaybookEvent, DaybookState, DaybookRejection {
        /// Accounts and transfers.
        bank: Bank(Bank: BankCommand, BankEvent, BankState, BankRejection),
        /// Projections, data subjects and the log's clock.
        system: System(System: SystemCommand, SystemEvent, SystemState, SystemRejection),
    }
}

const OF_DOMAINS: &[&[ReadModel]] = &[daybook_bank::read_models::ALL, &[AUDIT]];

/// All read models, in the order in which they are written.
pub const READ_MODELS: [ReadModel; total(OF_DOMAINS)] = joined(OF_DOMAINS);

/// The read model of a name; `None` where this build has no such read model.
#[must_use]
pub fn read_model(name: &str) -> Option<ReadModel> {
    READ_MODELS.into_iter().find(|model| model.name == name)
}
