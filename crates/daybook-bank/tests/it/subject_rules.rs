//! Whose personal data the texts of a command are.

use std::collections::HashMap;

use daybook_bank::account::AccountCommand;
use daybook_bank::{Bank, BankCommand, BankState};
use daybook_core::domain::{Domain as _, States};
use daybook_core::stream::StreamId;

use crate::given::*;

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
    // A transfer that does not exist has no known payer. The command is refused, so none of its texts are recorded.
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
}
