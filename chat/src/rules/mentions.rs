//! Whom a message names. Mentions are carried beside the text, as ids: nobody reads them out of it.

use protocol::ids::PersonId;
use std::collections::HashSet;

/// Most people that a message names.
pub const MOST: usize = 20;

/// Why mentions are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("name at most {MOST} people; to reach all, ask who may mention everyone")]
pub struct TooManyMentions;

/// The people that are named, each once, in their order. Where a name stood in what was sent is its place in the list.
///
/// # Errors
/// [`TooManyMentions`]
pub fn mentions(sent: &[PersonId]) -> Result<Vec<PersonId>, TooManyMentions> {
    // Repetitions beyond reason are not worth a set.
    if sent.len() > MOST * MOST {
        return Err(TooManyMentions);
    }
    let mut seen = HashSet::new();
    let named: Vec<PersonId> = sent.iter().copied().filter(|person| seen.insert(*person)).collect();
    if named.len() > MOST { Err(TooManyMentions) } else { Ok(named) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_once_in_their_order() {
        let [a, b] = [PersonId::generate(), PersonId::generate()];
        assert_eq!(mentions(&[b, a, b, b, a]).unwrap(), [b, a]);
        assert_eq!(mentions(&[]).unwrap(), []);
    }

    #[test]
    fn more_than_twenty_are_refused() {
        let people: Vec<_> = (0..21).map(|_| PersonId::generate()).collect();
        assert_eq!(mentions(&people[..20]).unwrap().len(), 20);
        assert_eq!(mentions(&people), Err(TooManyMentions));
        assert_eq!(mentions(&vec![people[0]; 401]), Err(TooManyMentions));
    }
}
