//! What is composed is stored, decided and read as each domain does it alone.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use daybook_bank::account::{AccountCommand, AccountId};
use daybook_bank::{Bank, BankCommand};
use daybook_core::domain::{Domain as _, NO_FINGERPRINT};
use daybook_core::event::{DecodeError, EventPayload as _};
use daybook_core::personal::Personal;
use daybook_core::stream::StreamId;
use daybook_core::subject::{SubjectCommand, SubjectId};
use daybook_core::system::{System, SystemCommand};
use daybook_core::testing::Scenario;
use daybook_domains::{Daybook, DaybookCommand, DaybookEvent};

fn alice() -> AccountId {
    AccountId::new("alice").unwrap()
}

fn subject() -> SubjectId {
    alice().into()
}

fn open() -> BankCommand {
    let owner = Personal::new("Alice").unwrap();
    let (account_id, currency) = (alice(), "USD".parse().unwrap());
    AccountCommand::OpenAccount { account_id, owner, currency, overdraft_limit: 0 }.into()
}

fn forget() -> SystemCommand {
    SubjectCommand::ForgetSubject { subject_id: subject() }.into()
}

/// Content hashes are made of it: every retry across an upgrade relies on these texts.
#[test]
fn a_command_is_serialised_as_its_domain_serialises_it() {
    let text = |command: DaybookCommand| serde_json::to_string(&command).unwrap();
    assert_eq!(text(open().into()), serde_json::to_string(&open()).unwrap());
    assert_eq!(text(forget().into()), r#"{"Subject":{"ForgetSubject":{"subject_id":"alice"}}}"#);
}

#[test]
fn commands_of_all_domains_are_decided_in_one_history() {
    let scenario = Scenario::new(Daybook::default())
        .when("ines", open())
        .then_accepted()
        .when("olga", forget())
        .then_accepted()
        .when("ines", open())
        .then_rejected("ACCOUNT_EXISTS")
        .when("olga", forget())
        .then_rejected("FORGOTTEN_ALREADY");
    let domain = Daybook::default();
    for (stream_id, fingerprint) in [
        (alice().stream_id(), Bank::default().fingerprint(&alice().stream_id())),
        (subject().stream_id(), System.fingerprint(&subject().stream_id())),
    ] {
        let state = scenario.state(&stream_id).unwrap();
        let text = domain.encode_state(state).unwrap();
        assert_eq!(&domain.decode_state(&stream_id, &text).unwrap(), state);
        assert_eq!(domain.fingerprint(&stream_id), fingerprint);
    }
}

#[test]
fn a_composed_command_is_what_its_domain_says_it_is() {
    let domain = Daybook::default();
    assert!(domain.is_personal(&open().into()));
    assert!(!domain.is_personal(&forget().into()));
    assert_eq!(domain.makes(&open().into()), Some(alice().stream_id()));
    assert_eq!(domain.makes(&forget().into()), None);
}

#[test]
fn what_no_domain_knows_is_named_not_guessed() {
    let elsewhere = StreamId::parse("weather-rome").unwrap();
    let domain = Daybook::default();
    assert_eq!(domain.fingerprint(&elsewhere), NO_FINGERPRINT);
    assert!(domain.decode_state(&elsewhere, "{}").is_err());
    assert!(matches!(
        DaybookEvent::decode("weather-changed", 1, "{}"),
        Err(DecodeError::UnknownType(name)) if name == "weather-changed"
    ));
}

#[test]
fn there_is_one_list_of_all_event_types() {
    let of_streams = Daybook::STREAMS.iter().flat_map(|kind| kind.event_types);
    assert!(of_streams.clone().all(|one| DaybookEvent::EVENT_TYPES.contains(one)));
    assert!(DaybookEvent::EVENT_TYPES.iter().all(|one| of_streams.clone().any(|of| of == one)));
    assert_eq!(DaybookEvent::EVENT_TYPES.first(), Some(&"account-opened"));
    assert_eq!(DaybookEvent::EVENT_TYPES.last(), Some(&"clock-time-accepted"));
}
