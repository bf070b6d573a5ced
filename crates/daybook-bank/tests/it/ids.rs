//! Ids of accounts and transfers, and texts about people.

use daybook_bank::account::AccountId;
use daybook_bank::transfer::TransferId;
use daybook_core::ids::{InvalidId, KEY_BYTES_MAX};
use daybook_core::personal::{PERSONAL_BYTES_MAX, Personal};
use daybook_core::stream::StreamId;

#[test]
fn an_aggregate_id_is_short_and_safe_to_put_anywhere() {
    for id in ["a", "alice", "A-1", "a.b_c:d-e", "0", "-", &"x".repeat(KEY_BYTES_MAX)] {
        assert_eq!(AccountId::new(id).map(|id| id.to_string()), Ok(id.to_owned()));
        assert_eq!(TransferId::new(id).map(|id| id.to_string()), Ok(id.to_owned()));
    }
    assert_eq!(AccountId::new(""), Err(InvalidId::Empty));
    assert_eq!(
        AccountId::new("x".repeat(KEY_BYTES_MAX + 1)),
        Err(InvalidId::TooLong { actual: KEY_BYTES_MAX + 1, max: KEY_BYTES_MAX })
    );
    for c in ['/', ' ', 'é', '{', '}', '*', '\n', '\0', '%', '\''] {
        assert!(AccountId::new(format!("a{c}")).is_err(), "{c:?}");
    }
}

#[test]
fn an_aggregate_id_that_is_read_is_checked_as_one_that_is_made() {
    assert!(serde_json::from_str::<AccountId>("\"alice\"").is_ok());
    assert!(serde_json::from_str::<AccountId>("\"a b\"").is_err());
}

#[test]
fn an_aggregate_id_and_its_stream_lead_to_each_other() {
    let id = AccountId::new("a-b").unwrap();
    assert_eq!(id.stream_id().as_str(), "account-a-b");
    assert_eq!(AccountId::of_stream(&id.stream_id()), Some(id.clone()));
    assert_eq!(TransferId::of_stream(&id.stream_id()), None);
    // A stream that somebody else filled, with an id that no account can have.
    assert_eq!(AccountId::of_stream(&StreamId::parse("account-a b").unwrap()), None);
}

#[test]
fn a_text_about_a_person_is_bounded_tagged_and_kept_out_of_debug_output() {
    assert!(Personal::new("x".repeat(PERSONAL_BYTES_MAX)).is_ok());
    for text in ["", "a\0", "a\nb", &"x".repeat(PERSONAL_BYTES_MAX + 1)] {
        assert!(Personal::new(text).is_err(), "{text:?}");
    }
    let name = Personal::new("Zoë O'Brien").unwrap();
    assert_eq!(name.reveal(), Some("Zoë O'Brien"));
    assert_eq!(serde_json::to_string(&name).unwrap(), r#"{"plain":"Zoë O'Brien"}"#);
    assert!(!format!("{name:?}").contains("Zoë"));
}
