//! Counts what is left to fetch of a list that comes in pages, so that no more is held than one page.

/// Rows asked for at once. An answer of this many of the largest events still fits a message.
const PAGE_SIZE: u64 = 200;

/// Where a listing stands: which page is next, and how many rows are still wanted.
#[derive(Debug)]
pub(crate) struct Pages {
    token: String,
    left: Option<u64>,
    started: bool,
}

impl Pages {
    /// From the first page; `limit` rows at most, `None`: all.
    pub(crate) fn new(limit: Option<u64>) -> Self {
        Self { token: String::new(), left: limit, started: false }
    }

    /// The size and token of the page to ask for; `None` when there is nothing more to ask.
    pub(crate) fn next(&self) -> Option<(i32, String)> {
        let at_end = self.started && self.token.is_empty();
        let size = self.left.map_or(PAGE_SIZE, |left| left.min(PAGE_SIZE));
        if at_end || size == 0 {
            return None;
        }
        Some((i32::try_from(size).expect("a page is small"), self.token.clone()))
    }

    /// Whether the list goes on after what was shown, beyond the limit.
    pub(crate) fn is_cut(&self) -> bool {
        !self.token.is_empty()
    }

    /// Takes note of a page that came: how many rows it had, and the token of the one after it.
    pub(crate) fn advance(&mut self, rows: usize, next_token: String) {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        self.left = self.left.map(|left| left.saturating_sub(rows));
        self.token = next_token;
        self.started = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_with_the_last_token_or_with_the_limit() {
        let mut pages = Pages::new(Some(PAGE_SIZE + 1));
        assert_eq!(pages.next(), Some((200, String::new())));
        pages.advance(200, "b".to_owned());
        assert_eq!(pages.next(), Some((1, "b".to_owned())));
        pages.advance(1, "c".to_owned());
        assert_eq!(pages.next(), None);
        assert!(pages.is_cut());

        let mut pages = Pages::new(None);
        pages.advance(7, String::new());
        assert!(!pages.is_cut());
        assert_eq!(pages.next(), None);
    }
}
