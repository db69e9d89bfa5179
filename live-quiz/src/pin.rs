//! Game PINs: six digits from a generator that cannot be predicted.
//!
//! Whether a PIN is free among the open games is for the store to say; it holds the unique index.

use rand::{CryptoRng, Rng};

/// Digits of a PIN.
pub const PIN_DIGITS: usize = 6;

/// A uniformly drawn PIN, leading zeros included.
///
/// The bound on the generator keeps predictable ones out at compile time.
pub fn draw(rng: &mut (impl CryptoRng + ?Sized)) -> String {
    format!("{:06}", rng.random_range(0..1_000_000_u32))
}

/// The PIN that somebody typed, without the spaces and dashes that people put between groups; none if it is no PIN.
#[must_use]
pub fn parse(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (digits.len() == PIN_DIGITS && digits.bytes().all(|b| b.is_ascii_digit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};
    use std::collections::BTreeSet;

    #[test]
    fn defect_8_pins_come_uniformly_from_a_secure_generator() {
        let mut rng = StdRng::seed_from_u64(8);
        let mut first_digits = [0_u32; 10];
        let mut seen = BTreeSet::new();
        for _ in 0..20_000 {
            let pin = draw(&mut rng);
            assert_eq!(parse(&pin).as_ref(), Some(&pin));
            first_digits[usize::from(pin.as_bytes()[0] - b'0')] += 1;
            seen.insert(pin);
        }
        // 2,000 expected with a standard deviation of 42: five of them either side.
        assert!(first_digits.iter().all(|n| (1_790..=2_210).contains(n)), "{first_digits:?}");
        // About 199 collisions are expected among 20,000 draws from a million.
        assert!(seen.len() > 19_700, "{} different", seen.len());
    }

    #[test]
    fn a_pin_may_be_typed_in_groups() {
        assert_eq!(parse(" 123 456 ").as_deref(), Some("123456"));
        assert_eq!(parse("012-345").as_deref(), Some("012345"));
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
