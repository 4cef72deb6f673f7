use proptest::prelude::*;

use super::tax;

/// The exact tax as a fraction over 10,000, rounded by comparing what is left with a half: no division
/// that could round by itself.
fn oracle(cents: u32, basis_points: u16) -> u128 {
    const WHOLE: u128 = 10_000;
    let exact = u128::from(cents) * u128::from(basis_points);
    let mut rounded = 0_u128;
    let mut step = 1_u128 << 64;
    // The largest number of cents that is not more than the exact tax, found bit by bit.
    while step > 0 {
        if (rounded + step) * WHOLE <= exact {
            rounded += step;
        }
        step >>= 1;
    }
    let left = exact - rounded * WHOLE;
    if 2 * left >= WHOLE {
        rounded + 1
    } else {
        rounded
    }
}

proptest! {
    #[test]
    fn tax_is_rounded_half_up(cents in 0_u32..=10_000_000, basis_points in 0_u16..=10_000) {
        prop_assert_eq!(u128::from(tax(cents, basis_points)), oracle(cents, basis_points));
    }

    /// A half is met often only when it is looked for: 14 % of 12 dollars and 25 cents is 171.5 cents.
    #[test]
    fn an_exact_half_goes_up(fifties in 0_u32..=200_000) {
        let cents = fifties * 50 + 25;
        prop_assert_eq!(u128::from(tax(cents, 1_400)), oracle(cents, 1_400));
        prop_assert_eq!(u64::from(tax(cents, 1_400)) * 2, (u64::from(cents) * 28) / 100 + 1);
    }
}

#[test]
fn tax_at_its_corners() {
    assert_eq!(tax(10_500, 1_500), 1_575);
    assert_eq!(tax(10_500, 1_400), 1_470);
    assert_eq!((tax(3, 1_400), tax(4, 1_400)), (0, 1));
    assert_eq!((tax(1_225, 1_400), tax(1_224, 1_400)), (172, 171));
    assert_eq!(tax(0, 1_400), 0);
    assert_eq!(tax(1, 10_000), 1);
}
