//! Changes by key: fifty events on one account are one row write.

use std::collections::HashMap;

/// What is new about one thing.
pub(super) trait Change: Default {
    /// Whether its row is not in the table yet.
    fn is_new(&self) -> bool;

    /// Memory that it holds on to beyond its own size, in bytes.
    fn held_bytes(&self) -> usize;
}

/// What is new about each of many things.
pub(super) struct Keyed<C> {
    changes: HashMap<Box<str>, C>,
    /// What the keys and the changes hold on to.
    held_bytes: usize,
}

impl<C> Default for Keyed<C> {
    fn default() -> Self {
        Self { changes: HashMap::new(), held_bytes: 0 }
    }
}

impl<C: Change> Keyed<C> {
    /// Notes what is new about one; nothing is known of it yet when it is met for the first time.
    pub(super) fn note<T>(&mut self, key: &str, note: impl FnOnce(&mut C) -> T) -> T {
        // Looked up twice where it is new, so that the key is not copied where it is not.
        if !self.changes.contains_key(key) {
            self.held_bytes += allocated(key.len());
            self.changes.insert(key.into(), C::default());
        }
        let change = self.changes.get_mut(key).expect("it was inserted where it was not there");
        let before = change.held_bytes();
        let noted = note(change);
        self.held_bytes = (self.held_bytes + change.held_bytes()).saturating_sub(before);
        noted
    }

    /// How much memory they take: the table with its free places, and what the changes hold on to.
    pub(super) fn bytes(&self) -> usize {
        // A table keeps an eighth of its places free, and a byte about each.
        let places = self.changes.capacity() / 7 * 8;
        self.held_bytes + places * (size_of::<(Box<str>, C)>() + 1)
    }

    /// Takes them out: the new ones first, each kind in the order of its keys, so that two writers wait for each other
    /// instead of deadlocking.
    pub(super) fn take(&mut self) -> Vec<(Box<str>, C)> {
        // A new table: the old one would keep the memory of the largest batch for ever.
        let table = std::mem::take(self).changes;
        in_order(table.into_iter().collect())
    }

    /// Takes out, in the same order, those of which `is_final` holds.
    pub(super) fn take_final(&mut self, is_final: fn(&C) -> bool) -> Vec<(Box<str>, C)> {
        let taken: Vec<_> = self.changes.extract_if(|_, change| is_final(change)).collect();
        let held = |(key, change): &(Box<str>, C)| allocated(key.len()) + change.held_bytes();
        self.held_bytes = self.held_bytes.saturating_sub(taken.iter().map(held).sum());
        in_order(taken)
    }
}

fn in_order<C: Change>(mut changes: Vec<(Box<str>, C)>) -> Vec<(Box<str>, C)> {
    changes.sort_unstable_by(|(one, a), (other, b)| (b.is_new(), one).cmp(&(a.is_new(), other)));
    changes
}

/// Memory that the allocator sets aside for so many bytes.
pub(super) fn allocated(bytes: usize) -> usize {
    const HEAD: usize = 8;
    const LEAST: usize = 32;
    const STEP: usize = 16;
    if bytes == 0 { 0 } else { (bytes + HEAD).next_multiple_of(STEP).max(LEAST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Words {
        is_new: bool,
        text: String,
    }

    impl Change for Words {
        fn is_new(&self) -> bool {
            self.is_new
        }

        fn held_bytes(&self) -> usize {
            allocated(self.text.capacity())
        }
    }

    fn keys(taken: &[(Box<str>, Words)]) -> Vec<&str> {
        taken.iter().map(|(key, _)| &**key).collect()
    }

    #[test]
    fn new_ones_come_first_and_each_kind_in_the_order_of_its_keys() {
        let mut words = Keyed::<Words>::default();
        for (key, is_new) in [("d", false), ("c", true), ("a", true), ("b", false), ("a", true)] {
            words.note(key, |word| word.is_new = is_new);
        }
        assert_eq!(keys(&words.take()), ["a", "c", "b", "d"]);
        assert_eq!(words.bytes(), 0);
    }

    #[test]
    fn what_was_taken_out_takes_no_memory() {
        let mut words = Keyed::<Words>::default();
        words.note("short", |word| word.text.push('x'));
        let before = words.held_bytes;
        for n in 0..100 {
            words.note(&format!("a key that is number {n}"), |word| {
                word.text.push_str("text that is longer than a word");
                word.is_new = true;
            });
        }
        assert_eq!(words.take_final(Change::is_new).len(), 100);
        assert_eq!(words.held_bytes, before);
        assert_eq!(keys(&words.take()), ["short"]);
    }
}
