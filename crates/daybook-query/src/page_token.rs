//! Page tokens: where the page before ended, opaque to the caller.
//!
//! A token carries a fingerprint of the request that it was made for, so that one given to another request is refused
//! instead of silently giving another list's middle. It is not signed: what is in it is only ever a bound parameter of
//! a list that the caller may read from the start anyway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::error::QueryError;

/// Longer ones were not made here: a key holds at most one id.
const TOKEN_BYTES_MAX: usize = 1024;

/// Tells one list from another: the RPC and everything that selects or orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    /// Of a request, given as a tuple of the RPC's name and its filters. Page size and `min_position` are no part of
    /// it: they may change from page to page.
    pub(crate) fn of(request: &impl Serialize) -> Self {
        let text =
            serde_json::to_vec(request).expect("filters are text, numbers and lists of them");
        Self(URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..8]))
    }
}

/// The token for the page that begins after `key`.
pub(crate) fn encode(request: &Fingerprint, key: &impl Serialize) -> String {
    let text = serde_json::to_vec(&(&request.0, key)).expect("keys are text and numbers");
    URL_SAFE_NO_PAD.encode(text)
}

/// The key in a request's token; `None` for the first page.
pub(crate) fn decode<K: DeserializeOwned>(
    token: &str,
    request: &Fingerprint,
) -> Result<Option<K>, QueryError> {
    if token.is_empty() {
        return Ok(None);
    }
    let refused = |why: &str| QueryError::invalid("page_token", why);
    let malformed = || refused("is not one that this service gave");
    if token.len() > TOKEN_BYTES_MAX {
        return Err(malformed());
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| malformed())?;
    let (made_for, key): (String, serde_json::Value) =
        serde_json::from_slice(&bytes).map_err(|_| malformed())?;
    if made_for != request.0 {
        return Err(refused(
            "belongs to another request; filters must stay the same from page to page",
        ));
    }
    serde_json::from_value(key).map(Some).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(currency: &str) -> Fingerprint {
        Fingerprint::of(&("ListAccounts", currency))
    }

    #[test]
    fn a_token_gives_back_the_key_it_was_made_with() {
        let token = encode(&list("USD"), &("alice", 7));
        assert_eq!(decode(&token, &list("USD")).expect("own token"), Some(("alice".to_owned(), 7)));
        assert_eq!(decode::<(String, i64)>("", &list("USD")).expect("first page"), None);
    }

    /// A caller may hold one while the service is replaced by a newer one.
    #[test]
    fn a_token_is_written_as_it_ever_was() {
        let statement = Fingerprint::of(&("GetStatement", "alice", i128::MIN, i128::MAX));
        let history = Fingerprint::of(&("GetEventHistory", ("account-é", 1), (["x"], true)));
        let written = [
            encode(&list("USD"), &"alice"),
            encode(&statement, &(1_764_072_251_i64, 123_457_000_i32, 7_i64)),
            encode(&history, &i64::MAX),
        ];
        let pinned = include_str!("../golden/page_tokens.txt");
        daybook_core::testing::assert_pinned("golden/page_tokens.txt", pinned, &written);
    }

    #[test]
    fn a_token_that_is_malformed_or_of_another_request_is_refused() {
        let own = encode(&list("USD"), &5_i64);
        let other_key = encode(&list("USD"), &"five");
        let long = "A".repeat(TOKEN_BYTES_MAX + 1);
        let cut = &own[..own.len() - 3];
        let of_another = encode(&list("EUR"), &5_i64);
        for token in [&of_another, cut, "%", "AAAA", &other_key, &long] {
            let error = decode::<i64>(token, &list("USD")).expect_err("must be refused");
            assert!(
                matches!(error, QueryError::Invalid { field: "page_token", .. }),
                "{token}: {error}"
            );
        }
    }
}
