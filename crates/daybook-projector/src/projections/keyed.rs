//! Changes by key: fifty events on one account are one row write.

use std::collections::HashMap;

/// Beside the change itself: its key's allocation and its share of the table's free places.
const BYTES_EACH: usize = 64;

/// What is new about each of many things.
#[derive(Default)]
pub(super) struct Keyed<C> {
    changes: HashMap<Box<str>, C>,
    bytes: usize,
}

impl<C: Default> Keyed<C> {
    /// What is new about one; nothing yet when it is met for the first time.
    pub(super) fn of(&mut self, key: &str) -> &mut C {
        // Looked up twice where it is new, so that the key is not copied where it is not.
        if !self.changes.contains_key(key) {
            self.bytes += key.len() + size_of::<C>() + BYTES_EACH;
            self.changes.insert(key.into(), C::default());
        }
        self.changes.get_mut(key).expect("it was inserted where it was not there")
    }

    /// Takes note of further memory that a change holds on to.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes them out in the order of their keys, so that two writers wait for each other instead of deadlocking.
    pub(super) fn take(&mut self) -> Vec<(Box<str>, C)> {
        self.bytes = 0;
        // A new table: the old one would keep the memory of the largest batch for ever.
        let mut changes: Vec<_> = std::mem::take(&mut self.changes).into_iter().collect();
        changes.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        changes
    }
}
