//! Seeds and rounds of randomised tests: fixed in CI, chosen by `cargo xtask campaign`.

use std::env;

/// The seed to run with: `TREADWELL_SEED`, or `default`. A test prints it when it fails, so that the run can be repeated.
///
/// # Panics
///
/// When the variable holds something other than a number, so that a typing error does not run another seed.
pub fn seed(default: u64) -> u64 {
    number("TREADWELL_SEED", default)
}

/// How many rounds to run: `TREADWELL_ROUNDS`, or `default`, which is what CI runs.
///
/// # Panics
///
/// As [`seed`] does.
pub fn rounds(default: u64) -> u64 {
    number("TREADWELL_ROUNDS", default)
}

fn number(name: &str, default: u64) -> u64 {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
        Err(_) => default,
    }
}

/// `SplitMix64`: a small generator whose numbers are the same on every machine and in every version.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts the sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number of the sequence.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit` (by remainder, as the workload defines it).
    ///
    /// # Panics
    ///
    /// When `limit` is 0.
    pub fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.next_u64() % u64::from(limit)).expect("a remainder of a u32 fits")
    }

    /// One of `choices`.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn choose<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let limit = u32::try_from(choices.len()).expect("fewer than four thousand million choices");
        &choices[self.below(limit) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_sequence_is_that_of_the_reference_implementation() {
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
