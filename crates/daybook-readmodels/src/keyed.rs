//! Changes by key: fifty events on one account are one row write.

use std::collections::HashMap;

use crate::projection::{RowChange, RowChanges, in_pieces};

/// What is new about one thing.
pub trait Change: Default + Send + 'static {
    /// Whether its row is not in the table yet.
    fn is_new(&self) -> bool;

    /// Whether nothing can change it any more.
    fn is_final(&self) -> bool {
        false
    }

    /// Memory that it holds on to beyond its own size, in bytes.
    fn held_bytes(&self) -> usize;

    /// The rows of some that are all new.
    fn insert(changes: &[(Box<str>, Box<Self>)]) -> RowChange;

    /// What changes in the rows of some that are all known.
    fn update(changes: &[(Box<str>, Box<Self>)]) -> RowChange;
}

/// What is new about each of many things.
pub struct Keyed<C> {
    /// Boxed, so that the table is small: while it grows it is there twice.
    changes: HashMap<Box<str>, Box<C>>,
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
    pub fn note<T>(&mut self, key: &str, note: impl FnOnce(&mut C) -> T) -> T {
        // Looked up twice where it is new, so that the key is not copied where it is not.
        if !self.changes.contains_key(key) {
            self.held_bytes += allocated(key.len()) + allocated(size_of::<C>());
            self.changes.insert(key.into(), Box::default());
        }
        let change = self.changes.get_mut(key).expect("it was inserted where it was not there");
        let before = change.held_bytes();
        let noted = note(change);
        self.held_bytes = (self.held_bytes + change.held_bytes()).saturating_sub(before);
        noted
    }

    /// How much memory they take: the table with its free places, and what the changes hold on to.
    pub fn bytes(&self) -> usize {
        // A table keeps an eighth of its places free, and a byte about each.
        let places = self.changes.capacity() / 7 * 8;
        self.held_bytes + places * (size_of::<(Box<str>, Box<C>)>() + 1)
    }

    /// Takes them out: the new ones first, each kind in the order of its keys, so that two writers wait for each other
    /// instead of deadlocking.
    pub fn take(&mut self) -> RowChanges {
        // A new table: the old one would keep the memory of the largest batch for ever.
        let table = std::mem::take(self).changes;
        row_changes(table.into_iter().collect())
    }

    /// Takes out, in the same order, those that nothing can change any more.
    pub fn take_final(&mut self) -> RowChanges {
        let taken: Vec<_> = self.changes.extract_if(|_, change| change.is_final()).collect();
        let held = |(key, change): &(Box<str>, Box<C>)| {
            allocated(key.len()) + allocated(size_of::<C>()) + change.held_bytes()
        };
        self.held_bytes = self.held_bytes.saturating_sub(taken.iter().map(held).sum());
        row_changes(taken)
    }
}

fn row_changes<C: Change>(mut changes: Vec<(Box<str>, Box<C>)>) -> RowChanges {
    changes.sort_unstable_by(|(one, a), (other, b)| (b.is_new(), one).cmp(&(a.is_new(), other)));
    let alike = |(_, a): &(_, Box<C>), (_, b): &(_, Box<C>)| a.is_new() == b.is_new();
    Box::new(in_pieces(changes, alike, |changes| {
        if changes.iter().all(|(_, change)| change.is_new()) {
            C::insert(changes)
        } else {
            C::update(changes)
        }
    }))
}

/// Memory that the allocator sets aside for so many bytes.
pub fn allocated(bytes: usize) -> usize {
    const HEAD: usize = 8;
    const LEAST: usize = 32;
    const STEP: usize = 16;
    if bytes == 0 { 0 } else { (bytes + HEAD).next_multiple_of(STEP).max(LEAST) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Column, Kind, Rows};

    #[derive(Default)]
    struct Words {
        is_new: bool,
        text: String,
    }

    impl Change for Words {
        fn is_new(&self) -> bool {
            self.is_new
        }

        fn is_final(&self) -> bool {
            !self.text.is_empty()
        }

        fn held_bytes(&self) -> usize {
            allocated(self.text.capacity())
        }

        fn insert(changes: &[(Box<str>, Box<Self>)]) -> RowChange {
            RowChange::Insert(keys(changes))
        }

        fn update(changes: &[(Box<str>, Box<Self>)]) -> RowChange {
            RowChange::Update(keys(changes), "")
        }
    }

    fn keys(changes: &[(Box<str>, Box<Words>)]) -> Rows {
        const COLUMNS: &[Column] = &[Column::new("key", Kind::Text)];
        let mut rows = Rows::new("words", COLUMNS);
        for (key, _) in changes {
            rows.push(&[(&**key).into()]);
        }
        rows
    }

    /// How many rows of each kind there are, and the keys of all of them in their order.
    fn told(changes: RowChanges) -> (usize, usize, String) {
        let (mut inserted, mut updated, mut text) = (0, 0, String::new());
        for change in changes {
            let (rows, count) = match change {
                RowChange::Insert(rows) => (rows, &mut inserted),
                RowChange::Update(rows, _)
                | RowChange::Upsert(rows, _)
                | RowChange::Erase(rows, _) => (rows, &mut updated),
            };
            *count += rows.len();
            let printable = |byte: &u8| byte.is_ascii_lowercase();
            text.extend(rows.copy_data().concat().into_iter().filter(printable).map(char::from));
        }
        (inserted, updated, text)
    }

    #[test]
    fn new_ones_come_first_and_each_kind_in_the_order_of_its_keys() {
        let mut words = Keyed::<Words>::default();
        for (key, is_new) in [("d", false), ("c", true), ("a", true), ("b", false), ("a", true)] {
            words.note(key, |word| word.is_new = is_new);
        }
        assert_eq!(told(words.take()), (2, 2, "acbd".to_owned()));
        assert_eq!(words.bytes(), 0);
    }

    #[test]
    fn what_was_taken_out_takes_no_memory() {
        let mut words = Keyed::<Words>::default();
        words.note("pending", |word| word.is_new = true);
        let before = words.held_bytes;
        for n in 0..100 {
            words.note(&format!("a key that is number {n}"), |word| {
                word.text.push_str("text that is longer than a word");
            });
        }
        let (inserted, updated, _) = told(words.take_final());
        assert_eq!((inserted, updated, words.held_bytes), (0, 100, before));
        assert_eq!(told(words.take()), (1, 0, "pending".to_owned()));
    }
}
