//! The domains of this build, as one: the bank, and what the system itself is told. All processes decide by it and read the
//! log's events as its own, so that they agree about what may be in one log. A domain is added here, on a line of its own.

use daybook_bank::{Bank, BankCommand, BankEvent, BankRejection, BankState};
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
