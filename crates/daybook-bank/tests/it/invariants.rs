//! Random commands, many of them wrong, and what must be true after each.

use std::collections::BTreeMap;

use daybook_bank::account::{AccountEvent, AccountId};
use daybook_bank::money::{Currency, Money};
use daybook_bank::postings::{LedgerAccount, Posting, postings};
use daybook_bank::{Bank, BankCommand, BankEvent, BankState};
use daybook_core::domain::{Domain, Rejection, RejectionKind};
use daybook_core::stream::StreamId;
use daybook_core::testing::Scenario;
use proptest::prelude::*;

use crate::given::*;

const ACCOUNTS: [&str; 4] = ["alice", "bob", "carol", "eve"];
const TRANSFERS: [&str; 4] = ["t", "u", "v", "w"];
const ACTORS: [&str; 2] = ["ines", "omar"];

fn one_of(names: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(names)
}

/// Mostly small, so that commands succeed; sometimes wrong, sometimes as large as it gets.
fn amounts() -> impl Strategy<Value = Money> {
    let minor_units = prop_oneof![
        20 => 1..2_000_i64,
        1 => -5..=0_i64,
        1 => (i64::MAX - 2_000)..=i64::MAX,
        1 => Just(i64::MIN),
    ];
    let code = prop_oneof![12 => Just("USD"), 1 => Just("EUR")];
    (minor_units, code).prop_map(|(minor_units, code)| Money::new(minor_units, currency(code)))
}

fn commands() -> impl Strategy<Value = BankCommand> {
    let account = || one_of(&ACCOUNTS);
    let transfer = || one_of(&TRANSFERS);
    prop_oneof![
        6 => (account(), amounts()).prop_map(|(id, amount)| deposit(id, amount).into()),
        3 => (account(), amounts()).prop_map(|(id, amount)| withdraw(id, amount).into()),
        2 => (account(), amounts()).prop_map(|(id, amount)| charge_fee(id, amount).into()),
        2 => (account(), amounts()).prop_map(|(id, amount)| refund(id, amount).into()),
        1 => account().prop_map(|id| freeze(id).into()),
        2 => account().prop_map(|id| unfreeze(id).into()),
        1 => account().prop_map(|id| close(id).into()),
        1 => account().prop_map(|id| open(id).into()),
        8 => (transfer(), account(), account(), amounts())
            .prop_map(|(id, from, to, amount)| initiate(id, from, to, amount).into()),
        4 => transfer().prop_map(|id| approve(id).into()),
        1 => transfer().prop_map(|id| reject(id).into()),
        1 => transfer().prop_map(|id| cancel(id).into()),
        5 => transfer().prop_map(|id| execute(id).into()),
    ]
}

/// What the amounts alone add up to, kept beside the rules and without them.
#[derive(Default)]
struct Sums {
    balances: BTreeMap<StreamId, i128>,
    held: BTreeMap<StreamId, i128>,
    ledger: BTreeMap<(LedgerAccount, Currency), i128>,
}

impl Sums {
    fn add(&mut self, stream_id: &StreamId, event: &BankEvent) {
        let BankEvent::Account(event) = event else { return };
        let account_id = AccountId::of_stream(stream_id).unwrap();
        let (posted, held, recorded) = effect(event);
        *self.balances.entry(stream_id.clone()).or_default() += posted;
        *self.held.entry(stream_id.clone()).or_default() += held;
        match recorded {
            Recorded::Balance(balance) => assert_eq!(self.balances[stream_id], balance.into()),
            Recorded::Held(held) => assert_eq!(self.held[stream_id], held.into()),
            Recorded::Neither => {}
        }
        let posted = postings(&account_id, event);
        assert_eq!(posted.is_some(), matches!(recorded, Recorded::Balance(_)));
        let balanced =
            |p: &[Posting; 2]| p[0].signed_minor_units() + p[1].signed_minor_units() == 0;
        assert!(posted.as_ref().is_none_or(balanced), "{posted:?}");
        for posting in posted.into_iter().flatten() {
            let line = (posting.account.clone(), posting.amount.currency);
            *self.ledger.entry(line).or_default() += posting.signed_minor_units();
        }
    }

    fn check(&self, scenario: &Scenario<Bank>) {
        for id in ACCOUNTS {
            let Some(BankState::Account(state)) = scenario.state(&account(id)) else { continue };
            let sum = |sums: &BTreeMap<_, _>| sums.get(&account(id)).copied().unwrap_or_default();
            assert_eq!(i128::from(state.balance), sum(&self.balances), "{id}");
            assert_eq!(i128::from(state.held), sum(&self.held), "{id}");
            assert!((0..=i128::from(i64::MAX)).contains(&state.available()), "{id}: {state:?}");
            assert!(state.held >= 0, "{id}: {state:?}");
            let line = (LedgerAccount::Customer(account_id(id)), state.currency);
            let posted = self.ledger.get(&line).copied().unwrap_or_default();
            assert_eq!(posted, i128::from(state.balance), "{id}");
            assert_snapshot_is_the_state(id, scenario);
        }
        for code in ["USD", "EUR"].map(currency) {
            let lines = self.ledger.iter().filter(|((_, of), _)| *of == code);
            assert_eq!(lines.map(|(_, sum)| sum).sum::<i128>(), 0, "{code}");
            let in_transit = self.ledger.get(&(LedgerAccount::TransfersInTransit, code));
            assert_eq!(in_transit.copied().unwrap_or_default(), 0, "between commands, {code}");
        }
    }
}

enum Recorded {
    Balance(i64),
    Held(i64),
    Neither,
}

/// What an event adds to the balance and to the holds of its account, and which sum it carries.
fn effect(event: &AccountEvent) -> (i128, i128, Recorded) {
    use AccountEvent as E;
    let n = |amount: Money| i128::from(amount.minor_units);
    match event {
        E::Deposited(e) => (n(e.amount), 0, Recorded::Balance(e.balance)),
        E::TransferCredited(e) => (n(e.amount), 0, Recorded::Balance(e.balance)),
        E::Withdrawn(e) => (-n(e.amount), 0, Recorded::Balance(e.balance)),
        E::FeeCharged(e) => (-n(e.amount), 0, Recorded::Balance(e.balance)),
        E::Refunded(e) => (-n(e.amount), 0, Recorded::Balance(e.balance)),
        E::TransferDebited(e) => (-n(e.amount), 0, Recorded::Balance(e.balance)),
        E::FundsHeld(e) => (0, n(e.amount), Recorded::Held(e.held)),
        E::HoldReleased(e) => (0, -n(e.amount), Recorded::Held(e.held)),
        E::Opened(_) | E::Frozen(_) | E::Unfrozen(_) | E::Closed(_) => (0, 0, Recorded::Neither),
    }
}

fn assert_snapshot_is_the_state(id: &str, scenario: &Scenario<Bank>) {
    let (bank, stream_id) = (Bank::default(), account(id));
    let state = scenario.state(&stream_id).unwrap();
    let text = bank.encode_state(state).unwrap();
    assert_eq!(&bank.decode_state(&stream_id, &text).unwrap(), state);
}

/// Three accounts in dollars, one of them with an overdraft, and one in euros.
fn four_accounts() -> Scenario<Bank> {
    Scenario::new(Bank { policy: "USD=5.00".parse().unwrap() })
        .given(account("alice"), opened())
        .given(account("bob"), opened_in("USD", 1_000))
        .given(account("carol"), opened())
        .given(account("eve"), opened_in("EUR", 0))
}

fn step(
    scenario: Scenario<Bank>,
    sums: &mut Sums,
    actor: &str,
    command: BankCommand,
) -> Scenario<Bank> {
    let outcome = scenario.when(actor, command);
    for (stream_id, event) in outcome.result().unwrap_or_default() {
        sums.add(stream_id, event);
    }
    let scenario = outcome.proceed();
    sums.check(&scenario);
    scenario
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Balances are the sums of the amounts, events carry them, nothing available is ever below zero, every event's
    /// postings balance, and no transfer leaves money held when it ends.
    #[test]
    fn g10_no_sequence_of_commands_creates_or_loses_money(
        steps in prop::collection::vec((one_of(&ACTORS), commands()), 1..80)
    ) {
        let mut sums = Sums::default();
        let mut scenario = four_accounts();
        for (actor, command) in steps {
            scenario = step(scenario, &mut sums, actor, command);
        }
        for id in TRANSFERS {
            scenario = step(scenario, &mut sums, "omar", cancel(id).into());
        }
        prop_assert!(sums.held.values().all(|held| *held == 0), "{:?}", sums.held);
    }

    /// Whether it is malformed or not allowed, a refusal always says what it is about.
    #[test]
    fn every_refusal_is_of_a_kind_that_its_reason_belongs_to(
        steps in prop::collection::vec((one_of(&ACTORS), commands()), 1..40)
    ) {
        let mut scenario = four_accounts();
        for (actor, command) in steps {
            let outcome = scenario.when(actor, command);
            if let Err(rejection) = outcome.result() {
                let ends = |suffix| rejection.reason().ends_with(suffix);
                prop_assert_eq!(rejection.kind() == RejectionKind::NotFound, ends("_NOT_FOUND"));
                prop_assert_eq!(rejection.kind() == RejectionKind::AlreadyExists, ends("_EXISTS"));
                prop_assert!(rejection.subject().contains('-'));
            }
            scenario = outcome.proceed();
        }
    }
}
