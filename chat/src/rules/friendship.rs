//! Who may be whose friend, and the codes by which people find each other.

use protocol::role::Role;
use std::{fmt, str::FromStr};

/// Digits and letters that nobody takes for others (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 40 bits, which nobody guesses by asking.
const LENGTH: usize = 8;

/// Students are friends of students, and staff of staff.
#[must_use]
pub fn may_befriend(one: Role, other: Role) -> bool {
    one.is_staff() == other.is_staff()
}

/// Staff must be able to reach its students: a student does not block staff.
#[must_use]
pub fn may_block(one: Role, other: Role) -> bool {
    one.is_staff() || !other.is_staff()
}

/// A code that its owner gives to whom they want to find them, as in `7KQ2-M9XA`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FriendCode([u8; LENGTH]);

/// A text that is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a friend code has eight letters and digits, like 7KQ2-M9XA; look at it again")]
pub struct InvalidFriendCode;

impl FriendCode {
    /// Drawn by chance.
    #[must_use]
    pub fn of(random: [u8; 5]) -> Self {
        let mut bits = random.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        let mut code = [0; LENGTH];
        for place in code.iter_mut().rev() {
            // Five bits are below 32.
            *place = ALPHABET[usize::from(bits.to_le_bytes()[0] & 31)];
            bits >>= 5;
        }
        Self(code)
    }
}

impl fmt::Display for FriendCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.iter().enumerate() {
            if place == LENGTH / 2 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*letter))?;
        }
        Ok(())
    }
}

impl FromStr for FriendCode {
    type Err = InvalidFriendCode;

    /// As people write it: in any case, with or without hyphen and spaces, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, InvalidFriendCode> {
        let (mut code, mut length) = ([0; LENGTH], 0);
        for letter in text.bytes().filter(|letter| !matches!(letter, b'-' | b' ')) {
            let letter = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                letter => letter,
            };
            if length == LENGTH || !ALPHABET.contains(&letter) {
                return Err(InvalidFriendCode);
            }
            code[length] = letter;
            length += 1;
        }
        if length == LENGTH { Ok(Self(code)) } else { Err(InvalidFriendCode) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn students_are_friends_of_students_and_staff_of_staff() {
        assert!(may_befriend(Role::Student, Role::Student));
        assert!(may_befriend(Role::Teacher, Role::SchoolAdmin));
        assert!(!may_befriend(Role::Teacher, Role::Student));
        assert!(!may_befriend(Role::Student, Role::Admin));
    }

    #[test]
    fn a_student_blocks_students_and_no_staff() {
        assert!(may_block(Role::Student, Role::Student));
        assert!(!may_block(Role::Student, Role::Teacher));
        assert!(may_block(Role::Teacher, Role::Student));
        assert!(may_block(Role::Teacher, Role::SchoolAdmin));
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = FriendCode::of([0, 0, 0, 0, 33]);
        assert_eq!(code.to_string(), "0000-0011");
        for text in ["0000-0011", "0000 0011", "oooo-ooil", "OOOOOO1L", " 0-0-0-0-0-0-1-1 "] {
            assert_eq!(text.parse::<FriendCode>(), Ok(code), "{text:?}");
        }
        for text in ["", "0000-001", "0000-00111", "0000-001U", "0000_0011", "0000-001é"] {
            assert_eq!(text.parse::<FriendCode>(), Err(InvalidFriendCode), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_code_survives_its_text_form(random: [u8; 5], other: [u8; 5]) {
            let code = FriendCode::of(random);
            prop_assert_eq!(code.to_string().parse::<FriendCode>().unwrap(), code);
            prop_assert_eq!(FriendCode::of(other) == code, other == random);
        }
    }
}
