//! Amounts as people write them, and as they are stored.

use daybook_bank::money::{Currency, InvalidMoney, Money};
use proptest::prelude::*;

use crate::given::currency;

#[test]
fn an_amount_has_as_many_decimals_as_its_currency() {
    for (code, text, minor_units) in [
        ("USD", "237.50", 23750),
        ("USD", "-0.05", -5),
        ("USD", "0.00", 0),
        ("USD", "90071992547409.93", 9_007_199_254_740_993),
        ("USD", "92233720368547758.07", i64::MAX),
        ("USD", "-92233720368547758.08", i64::MIN),
        ("JPY", "1500", 1500),
        ("JPY", "9223372036854775807", i64::MAX),
        ("KWD", "1.005", 1005),
        ("CLF", "1.0001", 10001),
        ("CLF", "-922337203685477.5808", i64::MIN),
    ] {
        assert_eq!(currency(code).parse_minor_units(text), Ok(minor_units), "{text} {code}");
        assert_eq!(currency(code).format_minor_units(minor_units), text, "{minor_units} {code}");
    }
}

#[test]
fn decimals_may_be_left_out_and_leading_zeros_written() {
    for (text, minor_units) in
        [("5", 500), ("5.1", 510), ("-3", -300), ("007.5", 750), ("-0", 0), ("0", 0)]
    {
        assert_eq!(currency("USD").parse_minor_units(text), Ok(minor_units), "{text}");
    }
}

#[test]
fn what_is_not_plainly_an_amount_is_refused() {
    for text in [
        "", "-", ".", ".5", "5.", "-.5", "+1", "--1", " 1", "1 ", "1\n", "1e3", "1,000.00", "1,5",
        "1.2.3", "1_000", "0x10", "NaN", "inf", "$1", "1 USD", "١٢٣", "１２", "1.٥", "−1",
    ] {
        let error = currency("USD").parse_minor_units(text);
        assert!(matches!(error, Err(InvalidMoney::NotAnAmount(_))), "{text:?}: {error:?}");
    }
}

#[test]
fn more_decimals_than_the_currency_has_are_refused_and_never_rounded() {
    for (code, text) in
        [("USD", "1.005"), ("USD", "1.000"), ("JPY", "1.0"), ("KWD", "0.0001"), ("CLF", "0.00001")]
    {
        let error = currency(code).parse_minor_units(text);
        assert!(matches!(error, Err(InvalidMoney::TooManyDecimals { .. })), "{text} {code}");
    }
}

#[test]
fn what_64_bits_cannot_hold_is_refused() {
    for (code, text) in [
        ("USD", "92233720368547758.08"),
        ("USD", "-92233720368547758.09"),
        ("JPY", "9223372036854775808"),
        ("CLF", "922337203685477.5808"),
        ("USD", "99999999999999999999999999999999"),
    ] {
        let error = currency(code).parse_minor_units(text);
        assert!(matches!(error, Err(InvalidMoney::OutOfRange(_))), "{text} {code}");
    }
}

#[test]
fn an_error_repeats_no_more_of_a_text_than_helps() {
    let error = currency("USD").parse_minor_units(&"x".repeat(100_000)).unwrap_err();
    assert!(error.to_string().len() < 100, "{error}");
}

#[test]
fn a_currency_is_a_code_in_capitals_that_has_minor_units() {
    for code in ["USD", "EUR", "JPY", "KWD", "CLF"] {
        assert_eq!(code.parse::<Currency>().map(|c| c.to_string()), Ok(code.to_owned()));
    }
    // The last are gold, the test code and the code for no currency: there are no minor units of them.
    for code in ["", "usd", "US", "USDX", "ZZZ", " USD", "XAU", "XTS", "XXX"] {
        assert!(code.parse::<Currency>().is_err(), "{code:?}");
    }
}

#[test]
fn money_is_stored_as_whole_minor_units_with_its_currency() {
    let money = Money::new(9_007_199_254_740_993, currency("USD"));
    let text = r#"{"minor_units":9007199254740993,"currency":"USD"}"#;
    assert_eq!(serde_json::to_string(&money).unwrap(), text);
    assert_eq!(serde_json::from_str::<Money>(text).unwrap(), money);
    for wrong in [
        r#"{"minor_units":1.5,"currency":"USD"}"#,
        r#"{"minor_units":9223372036854775808,"currency":"USD"}"#,
        r#"{"minor_units":"1","currency":"USD"}"#,
        r#"{"minor_units":1,"currency":"usd"}"#,
        r#"{"minor_units":1}"#,
    ] {
        assert!(serde_json::from_str::<Money>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_sum_wider_than_64_bits_is_still_written_exactly() {
    let sum = i128::from(i64::MAX) * 3;
    assert_eq!(currency("USD").format_wide(sum), "276701161105643274.21");
    assert_eq!(currency("USD").format_wide(-sum), "-276701161105643274.21");
}

proptest! {
    #[test]
    fn every_amount_that_is_written_is_read_back(
        minor_units in any::<i64>(),
        code in prop::sample::select(vec!["USD", "JPY", "KWD", "CLF"]),
    ) {
        let currency = currency(code);
        let text = currency.format_minor_units(minor_units);
        prop_assert_eq!(currency.parse_minor_units(&text), Ok(minor_units));
    }

    #[test]
    fn no_text_makes_reading_an_amount_panic(text in any::<String>()) {
        let _ = currency("USD").parse_minor_units(&text);
    }
}
