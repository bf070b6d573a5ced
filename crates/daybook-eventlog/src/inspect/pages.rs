//! Pages that are read ahead.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::ReadError;

/// Pages that wait to be worked on; with the one in hand and the one being read there are three.
const PAGES_AHEAD: usize = 1;

/// Rows in pages, in order, until there are no more. Dropped, it stops reading.
#[derive(Debug)]
pub struct Pages<T> {
    pages: mpsc::Receiver<Result<Vec<T>, ReadError>>,
    reading: JoinHandle<()>,
}

impl<T> Drop for Pages<T> {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Reads one page after another; an empty one is the last.
pub(super) trait ReadPage: Send + 'static {
    /// What a page holds.
    type Row: Send + 'static;

    /// The next page.
    fn read_page(&mut self) -> impl Future<Output = Result<Vec<Self::Row>, ReadError>> + Send;
}

impl<T: Send + 'static> Pages<T> {
    pub(super) fn read(mut reader: impl ReadPage<Row = T>) -> Self {
        let (sender, pages) = mpsc::channel(PAGES_AHEAD);
        let reading = tokio::spawn(async move {
            loop {
                let page = reader.read_page().await;
                let (end, failed) = (matches!(&page, Ok(rows) if rows.is_empty()), page.is_err());
                if end || sender.send(page).await.is_err() || failed {
                    return;
                }
            }
        });
        Self { pages, reading }
    }

    /// The next page, which holds at least one row; `None` at the end.
    ///
    /// # Errors
    /// When the database is away, or a row holds what no column of ours can.
    pub async fn next(&mut self) -> Result<Option<Vec<T>>, ReadError> {
        self.pages.recv().await.transpose()
    }
}
