//! A list as it is printed, page by page, and as of when it is.

use super::{AsOf, Session};
use crate::failure::Failure;
use crate::output::Row;

/// See the module.
pub(crate) struct List<'a> {
    session: &'a Session,
    /// Of the page before.
    as_of: Option<(i64, AsOf)>,
    rows: usize,
}

impl Session {
    /// A list of which nothing is printed yet.
    pub(super) fn list(&self) -> List<'_> {
        List { session: self, as_of: None, rows: 0 }
    }
}

impl List<'_> {
    /// Prints a page that reflects the log up to `checkpoint`.
    pub(super) async fn page<T: Row>(
        &mut self,
        rows: &[T],
        checkpoint: i64,
    ) -> Result<(), Failure> {
        let as_of = match self.as_of.take() {
            Some((known, as_of)) if known == checkpoint => as_of,
            _ => self.session.as_of(checkpoint).await,
        };
        self.rows += rows.len();
        let printed = self.session.printer.rows_as_of(rows, &as_of);
        self.as_of = Some((checkpoint, as_of));
        Ok(printed?)
    }

    /// Whether nothing was found so far.
    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Says whether anything was found, and as of when.
    pub(super) fn end(self) -> Result<(), Failure> {
        let printer = self.session.printer;
        Ok(printer.end_of_list(self.rows, self.as_of.as_ref().map(|(_, as_of)| as_of))?)
    }
}
