//! Pages: how many rows one has, and where it is cut.
//!
//! A page is never larger than a message may be. Where rows are so long that it would be, it holds fewer than asked
//! for, at least one, and its token leads on.

use daybook_runtime::server::ANSWER_BYTES_MAX;
use prost::Message;

use crate::error::QueryError;

/// Rows of a page unless the request says otherwise.
const PAGE_SIZE_DEFAULT: u16 = 50;

/// Rows of a page at most.
const PAGE_SIZE_MAX: u16 = 1000;

/// Bytes of a page's rows at most: what a message may hold, less room for what stands around them.
pub(crate) const PAGE_BYTES_MAX: usize = ANSWER_BYTES_MAX - 256 * 1024;

/// How many rows a page may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageSize(u16);

impl PageSize {
    /// Checks the field `page_size`.
    pub(crate) fn parse(requested: i32) -> Result<Self, QueryError> {
        match u16::try_from(requested) {
            Ok(0) => Ok(Self(PAGE_SIZE_DEFAULT)),
            Ok(rows) if rows <= PAGE_SIZE_MAX => Ok(Self(rows)),
            _ => Err(QueryError::invalid(
                "page_size",
                format!(
                    "is {requested}; 1 to {PAGE_SIZE_MAX} are allowed, 0 stands for {PAGE_SIZE_DEFAULT}"
                ),
            )),
        }
    }

    pub(crate) fn rows(self) -> usize {
        usize::from(self.0)
    }

    /// What to ask the database for: one more tells whether there is a next page.
    pub(crate) fn rows_and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

/// Cuts rows (up to one more than the page may have) to a page. `true`: there are more.
pub(crate) fn cut<M: Message>(mut rows: Vec<M>, size: PageSize) -> (Vec<M>, bool) {
    let mut bytes = 0_usize;
    let fitting = rows
        .iter()
        .take(size.rows())
        .take_while(|row| {
            let fits = bytes == 0 || bytes + row.encoded_len() <= PAGE_BYTES_MAX;
            bytes += row.encoded_len();
            fits
        })
        .count();
    let more = fitting < rows.len();
    rows.truncate(fitting);
    (rows, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_sizes_are_1_to_1000_and_0_stands_for_50() {
        let rows = |requested| PageSize::parse(requested).map(PageSize::rows).ok();
        assert_eq!(
            [rows(0), rows(1), rows(1000), rows(1001), rows(-1), rows(i32::MAX)],
            [Some(50), Some(1), Some(1000), None, None, None]
        );
    }

    #[test]
    fn a_page_is_cut_by_rows_and_by_bytes_but_never_empty() {
        let size = PageSize::parse(3).expect("valid");
        let (page, more) = cut(vec![1_i64; 3], size);
        assert_eq!((page.len(), more), (3, false));
        let (page, more) = cut(vec![1_i64; 4], size);
        assert_eq!((page.len(), more), (3, true));
        let half = "x".repeat(PAGE_BYTES_MAX / 2 - 10);
        let (page, more) = cut(vec![half; 3], size);
        assert_eq!((page.len(), more), (2, true));
        let (page, more) = cut(vec!["x".repeat(PAGE_BYTES_MAX + 1); 2], size);
        assert_eq!((page.len(), more), (1, true));
    }
}
