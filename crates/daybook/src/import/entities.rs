//! Which accounts and transfers a line touches.
//!
//! A step of a transfer names the transfer only, but moves money on its accounts. They are remembered from the line that
//! initiated it, for a bounded number of transfers; where they are not known, the line is taken to touch everything. What
//! a line does not name itself is marked, for the service keeps order only among commands of which it knows what they
//! touch: it may look at a step of a transfer, wait for the transfer to be loaded, and meanwhile decide a later command on
//! one of its accounts.
//! (Accounts are remembered as 64-bit hashes. Two that collide only wait for each other without need.)

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;

use lru::LruCache;

use crate::client::Command;

/// Transfers whose accounts are remembered: some 20 MB at most, and far more than are ever open at once.
const TRANSFERS_MAX: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

/// A transfer id that is initiated over and over with other accounts is no longer kept account of.
const ACCOUNTS_OF_A_TRANSFER_MAX: usize = 8;

/// What a line may not overtake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Touches {
    /// These accounts and transfers, each once.
    These(Vec<Touch>),
    /// Anything, for all that is known.
    Everything,
}

/// One account or transfer that a line touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Touch {
    /// Hash of the id of the account or transfer.
    pub(super) key: u64,
    /// Whether the command names it.
    pub(super) named: bool,
}

/// Remembers the accounts of transfers.
pub(super) struct Entities {
    hasher: RandomState,
    /// The accounts of each transfer, of every attempt to initiate it; `None`: too many to follow.
    transfers: LruCache<String, Option<Vec<u64>>, RandomState>,
}

impl Entities {
    pub(super) fn new() -> Self {
        let hasher = RandomState::new();
        let transfers = LruCache::with_hasher(TRANSFERS_MAX, hasher.clone());
        Self { hasher, transfers }
    }

    /// What `command` touches; to be asked once for each line, in order.
    pub(super) fn touched_by(&mut self, command: &Command) -> Touches {
        match command {
            Command::OpenAccount(request) => self.account(&request.account_id),
            Command::Deposit(request) => self.account(&request.account_id),
            Command::Withdraw(request) => self.account(&request.account_id),
            Command::ChargeFee(request) => self.account(&request.account_id),
            Command::Refund(request) => self.account(&request.account_id),
            Command::FreezeAccount(request) => self.account(&request.account_id),
            Command::UnfreezeAccount(request) => self.account(&request.account_id),
            Command::CloseAccount(request) => self.account(&request.account_id),
            Command::InitiateTransfer(request) => {
                let accounts = [&request.source_account_id, &request.destination_account_id]
                    .map(|id| self.account_key(id));
                self.remember(&request.transfer_id, accounts);
                self.transfer(&request.transfer_id, &accounts)
            }
            Command::ApproveTransfer(request) => self.transfer(&request.transfer_id, &[]),
            Command::RejectTransfer(request) => self.transfer(&request.transfer_id, &[]),
            Command::CancelTransfer(request) => self.transfer(&request.transfer_id, &[]),
            Command::ExecuteTransfer(request) => self.transfer(&request.transfer_id, &[]),
            // No line of a file can be one of these.
            Command::SkipProjectionEvent(_) | Command::RetryProjectionEvent(_) => {
                Touches::Everything
            }
        }
    }

    fn account(&self, id: &str) -> Touches {
        Touches::These(vec![Touch { key: self.account_key(id), named: true }])
    }

    fn account_key(&self, id: &str) -> u64 {
        self.hasher.hash_one(("account", id))
    }

    /// `named`: the accounts that the command names beside the transfer.
    fn transfer(&mut self, id: &str, named: &[u64]) -> Touches {
        let own = Touch { key: self.hasher.hash_one(("transfer", id)), named: true };
        let Some(Some(accounts)) = self.transfers.get(id) else { return Touches::Everything };
        let accounts = accounts.iter().map(|&key| Touch { key, named: named.contains(&key) });
        Touches::These(std::iter::once(own).chain(accounts).collect())
    }

    /// Adds to what is known: when an id is initiated twice, either of the two may be the one that is accepted.
    fn remember(&mut self, transfer_id: &str, accounts: [u64; 2]) {
        let known =
            self.transfers.get_or_insert_mut_ref(transfer_id, || Some(Vec::with_capacity(2)));
        let Some(list) = known else { return };
        for account in accounts {
            if !list.contains(&account) {
                list.push(account);
            }
        }
        if list.len() > ACCOUNTS_OF_A_TRANSFER_MAX {
            *known = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use daybook_proto::v1;

    use super::*;

    fn initiate(transfer_id: &str, source: &str, destination: &str) -> Command {
        Command::InitiateTransfer(v1::InitiateTransferRequest {
            transfer_id: transfer_id.to_owned(),
            source_account_id: source.to_owned(),
            destination_account_id: destination.to_owned(),
            ..Default::default()
        })
    }

    fn execute(transfer_id: &str) -> Command {
        let transfer_id = transfer_id.to_owned();
        Command::ExecuteTransfer(v1::ExecuteTransferRequest { context: None, transfer_id })
    }

    fn touches(touches: Touches) -> Vec<Touch> {
        let Touches::These(touches) = touches else { panic!("not known") };
        touches
    }

    #[test]
    fn a_step_of_a_transfer_touches_the_accounts_of_its_initiation_without_naming_them() {
        let mut entities = Entities::new();
        let initiated = touches(entities.touched_by(&initiate("t", "a", "b")));
        assert!(initiated.iter().all(|touch| touch.named));
        let executed = touches(entities.touched_by(&execute("t")));
        let keys = |touches: &[Touch]| touches.iter().map(|touch| touch.key).collect::<Vec<_>>();
        assert_eq!(keys(&executed), keys(&initiated));
        assert_eq!(executed.iter().map(|t| t.named).collect::<Vec<_>>(), [true, false, false]);
        assert_eq!(touches(entities.account("a")), [initiated[1]]);
    }

    #[test]
    fn a_step_of_an_unknown_transfer_touches_everything() {
        assert_eq!(Entities::new().touched_by(&execute("t")), Touches::Everything);
    }

    #[test]
    fn initiating_twice_touches_the_accounts_of_both() {
        let mut entities = Entities::new();
        entities.touched_by(&initiate("t", "a", "b"));
        let second = touches(entities.touched_by(&initiate("t", "b", "c")));
        assert_eq!(second.iter().filter(|touch| touch.named).count(), 3);
        assert_eq!(second.len(), 4);
        for n in 0..10 {
            entities.touched_by(&initiate("t", &format!("x{n}"), "a"));
        }
        assert_eq!(entities.touched_by(&execute("t")), Touches::Everything);
    }
}
