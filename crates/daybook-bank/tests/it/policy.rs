//! The operator's policy, as it is written on a command line.

use daybook_bank::{InvalidPolicy, Policy};

use crate::given::{money, usd};

#[test]
fn a_policy_names_for_each_currency_the_amount_below_which_one_person_suffices() {
    let policy: Policy = "USD=100.00,JPY=50".parse().unwrap();
    for (amount, required) in [
        (usd("99.99"), false),
        (usd("100.00"), true),
        (money("49", "JPY"), false),
        (money("50", "JPY"), true),
        (money("0.01", "EUR"), true),
    ] {
        assert_eq!(policy.requires_approval(amount), required, "{amount}");
    }
}

#[test]
fn without_a_policy_every_transfer_needs_a_second_person() {
    assert_eq!("".parse(), Ok(Policy::default()));
    assert!(Policy::default().requires_approval(usd("0.01")));
}

#[test]
fn what_is_no_policy_is_refused_with_its_cause() {
    let parse = |text: &str| text.parse::<Policy>().unwrap_err();
    assert_eq!(parse("USD"), InvalidPolicy::NotAPair("USD".to_owned()));
    assert_eq!(parse("USD=-1"), InvalidPolicy::Negative("USD".parse().unwrap()));
    assert_eq!(parse("USD=1,USD=2"), InvalidPolicy::Repeated("USD".parse().unwrap()));
    assert!(matches!(parse("usd=1"), InvalidPolicy::Money(_)));
    assert!(matches!(parse("USD=1.005"), InvalidPolicy::Money(_)));
}
