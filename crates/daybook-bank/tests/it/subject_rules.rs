//! Forgetting: the act, what follows from it, and whose texts are whose.

use std::collections::HashMap;

use daybook_bank::account::AccountCommand;
use daybook_bank::{Bank, BankCommand, BankEvent, BankState};
use daybook_core::domain::{Domain as _, States};
use daybook_core::stream::StreamId;
use daybook_core::subject::event::{PersonalDataErased, SubjectForgotten};
use daybook_core::subject::{SubjectCommand, SubjectEvent, SubjectId, erasure_streams};
use daybook_core::testing::Scenario;

use crate::given::*;

fn alice() -> SubjectId {
    SubjectId::new("alice").unwrap()
}

fn forget() -> SubjectCommand {
    SubjectCommand::ForgetSubject { subject_id: alice() }
}

fn record() -> SubjectCommand {
    SubjectCommand::RecordErasure { subject_id: alice(), erasure_streams: erasure_streams(4) }
}

fn forgotten() -> SubjectEvent {
    SubjectForgotten { subject_id: alice() }.into()
}

fn erased() -> SubjectEvent {
    PersonalDataErased { subject_id: alice() }.into()
}

#[test]
fn somebody_is_forgotten_once() {
    Scenario::new(Bank::default())
        .when("olga", forget())
        .then([(alice().stream_id(), forgotten().into())])
        .when("olga", forget())
        .then_rejected("FORGOTTEN_ALREADY");
}

#[test]
fn an_erasure_tells_the_subject_and_every_partition_in_one_append() {
    let [a, b, c, d] = erasure_streams(4).try_into().unwrap();
    let told: [(StreamId, BankEvent); 5] =
        [alice().stream_id(), a, b, c, d].map(|stream_id| (stream_id, erased().into()));
    Scenario::new(Bank::default())
        .given(alice().stream_id(), forgotten())
        .when("olga", record())
        .then(told)
        .when("olga", record())
        .then_rejected("ERASED_ALREADY");
}

#[test]
fn what_nobody_decided_is_not_carried_out() {
    Scenario::new(Bank::default()).when("olga", record()).then_rejected("NOT_FORGOTTEN");
}

/// It may grow for ever, and would be loaded by every erasure.
#[test]
fn a_stream_that_tells_a_partition_has_no_state() {
    let stream_id = erasure_streams(1).remove(0);
    let state = Bank::default().evolve(&stream_id, None, &erased().into());
    assert_eq!(state, None);
}

struct Known(HashMap<StreamId, BankState>);

impl States<BankState> for Known {
    fn state(&self, stream_id: &StreamId) -> Option<&BankState> {
        self.0.get(stream_id)
    }
}

#[test]
fn texts_belong_to_who_holds_the_account_and_of_a_transfer_to_who_pays() {
    let initiated = initiate("t", "alice", "bob", usd("1.00"));
    let mut states = Known(HashMap::new());
    let subject = |states: &Known, command: BankCommand| {
        Bank::default().subject(&command, states).map(|subject| subject.to_string())
    };
    let alice = Some("alice".to_owned());
    assert_eq!(subject(&states, deposit("alice", usd("1.00")).into()), alice);
    assert_eq!(subject(&states, initiated.into()), alice);
    // Of a transfer that does not exist nobody is known to pay; it is refused, so nothing of it is recorded.
    assert_eq!(subject(&states, approve("t").into()), None);
    let transfer = alice_has("5.00")
        .given(account("bob"), opened())
        .when("ines", initiate("t", "alice", "bob", usd("1.00")))
        .then_accepted()
        .state(&transfer("t"))
        .cloned()
        .unwrap();
    states.0.insert(self::transfer("t"), transfer);
    for command in [approve("t"), reject("t"), cancel("t"), execute("t")] {
        assert_eq!(subject(&states, command.into()), alice);
    }
    assert_eq!(subject(&states, skip("accounts", 1, 1).into()), None);
    assert_eq!(subject(&states, forget().into()), None);
}

#[test]
fn commands_that_name_a_person_are_known_as_such() {
    let is_personal = |command: BankCommand| Bank::default().is_personal(&command);
    let (account_id, currency) = (account_id("alice"), currency("USD"));
    let open = AccountCommand::OpenAccount {
        account_id: account_id.clone(),
        owner: person("Alice"),
        currency,
        overdraft_limit: 0,
    };
    let refund =
        AccountCommand::Refund { account_id, amount: usd("1.00"), customer: person("Carol") };
    assert!(is_personal(open.into()) && is_personal(refund.into()));
    assert!(!is_personal(deposit("alice", usd("1.00")).into()));
    assert!(!is_personal(forget().into()));
}
