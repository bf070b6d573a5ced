//! The words of whose reasons the rows of a read model are no longer to have.
//!
//! Each partition is told of an erasure by an event of its own, and only rows of that partition are changed for it. It is
//! written after whatever else there is to be written: what comes before the event in the partition is in the rows then,
//! and what comes after it cannot be opened any more. So the rows are the same however the events are cut into batches.

use std::collections::BTreeSet;

use daybook_core::compose::Part;
use daybook_core::subject::{ERASURE_STREAM_TYPE, SubjectEvent, SubjectId};
use daybook_core::system::SystemEvent;

use crate::keyed::allocated;
use crate::projection::{Fact, FoldError, RowChange, RowChanges, in_pieces, partition_column};
use crate::rows::{Column, Kind, Rows};

/// Erasures that are to be written by a statement fed from arrays of subjects and partitions.
pub(crate) struct Erasures {
    table: &'static str,
    sql: &'static str,
    erased: BTreeSet<Erased>,
    held_bytes: usize,
}

/// Who, and in which partition's rows.
type Erased = (SubjectId, i16);

const COLUMNS: &[Column] =
    &[Column::new("subject_id", Kind::Text), Column::new("partition", Kind::SmallInt)];

impl Erasures {
    /// None yet.
    pub(crate) fn new(table: &'static str, sql: &'static str) -> Self {
        Self { table, sql, erased: BTreeSet::new(), held_bytes: 0 }
    }

    /// Notes an erasure where the event tells its partition of one.
    pub(crate) fn note<E: Part<SystemEvent>>(
        &mut self,
        fact: &Fact<'_, E>,
    ) -> Result<(), FoldError> {
        let Some(SystemEvent::Subject(SubjectEvent::Erased(event))) = fact.payload.part() else {
            return Ok(());
        };
        // The subject's own stream says it too, but to one partition only.
        if fact.recorded.stream_id.stream_type() == ERASURE_STREAM_TYPE {
            let erased = (event.subject_id.clone(), partition_column(fact.recorded)?);
            let bytes = held_bytes(&erased);
            if self.erased.insert(erased) {
                self.held_bytes += bytes;
            }
        }
        Ok(())
    }

    /// How much memory they take.
    pub(crate) fn bytes(&self) -> usize {
        self.held_bytes
    }

    /// Takes them out, behind the changes that were taken out with them.
    pub(crate) fn take_behind(&mut self, changes: RowChanges) -> RowChanges {
        if self.erased.is_empty() {
            return changes;
        }
        let (table, sql) = (self.table, self.sql);
        let Self { erased, .. } = std::mem::replace(self, Self::new(table, sql));
        let erase = move |erased: &[Erased]| {
            let mut rows = Rows::new(table, COLUMNS);
            for (subject, partition) in erased {
                rows.push(&[subject.as_str().into(), (*partition).into()]);
            }
            RowChange::Erase(rows, sql)
        };
        Box::new(changes.chain(in_pieces(erased.into_iter().collect(), |_, _| true, erase)))
    }
}

/// With its share of a node.
fn held_bytes((subject, _): &Erased) -> usize {
    2 * size_of::<Erased>() + allocated(subject.as_str().len())
}
