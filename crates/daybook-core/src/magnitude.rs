//! How large an amount is, roughly: what amounts are looked for by, whatever their unit.

/// The magnitude of an amount without its sign: eight to each doubling. It grows with the amount; amounts of one
/// magnitude differ by less than an eighth, and those below 16 each have their own.
#[must_use]
pub fn magnitude_of(minor_units: i64) -> i16 {
    let amount = minor_units.unsigned_abs();
    let digits = u64::BITS - amount.leading_zeros();
    // What is left are four digits, the first of them 1.
    let shift = digits.saturating_sub(4);
    let leading = i16::try_from(amount >> shift).expect("four digits are below 16");
    i16::try_from(8 * shift).expect("64 digits are shifted by 60 at most") + leading
}

#[cfg(test)]
mod tests {
    use super::magnitude_of;

    #[test]
    fn magnitudes_grow_with_amounts_eight_to_each_doubling() {
        let cases = [(0, 0), (1, 1), (15, 15), (16, 16), (17, 16), (18, 17), (31, 23), (32, 24)];
        for (amount, magnitude) in cases {
            assert_eq!(magnitude_of(amount), magnitude, "{amount}");
            assert_eq!(magnitude_of(-amount), magnitude, "{amount}");
        }
        assert_eq!(magnitude_of(i64::MAX), 487);
        assert_eq!(magnitude_of(i64::MIN), 488);
        let magnitudes: Vec<_> = (0..10_000).map(magnitude_of).collect();
        assert!(magnitudes.is_sorted());
        assert!(magnitudes.windows(2).all(|pair| pair[1] - pair[0] <= 1));
    }
}
