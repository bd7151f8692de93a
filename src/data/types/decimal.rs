//! Decimal numbers of any precision.

use num_bigint::BigInt;

/// `unscaled` × 10^-`scale`. Equality is of the form: 1.0 and 1.00 are different values that compare equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    pub unscaled: BigInt,
    pub scale: i32,
}
