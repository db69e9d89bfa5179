//! What may be done to a message and to a conversation, besides writing.

use super::standing::Standing;
use persistence::Micros;
use protocol::chat::{ConversationKind, May, MessageState};

/// How long authors may edit, microseconds: 24 hours.
pub const EDIT_WINDOW: Micros = Micros(24 * 3_600 * 1_000_000);

/// Most people in conversations whose every message, sign of writing and mark of reading is told to each person.
pub const FEW: usize = 50;

/// Why something is not done to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActRefusal {
    /// Somebody else wrote it, or it is for staff.
    #[error("this is not yours to do; ask who wrote it or who looks after the conversation")]
    NotYours,
    /// The actor has finished the class.
    #[error("you have finished this class; you can read what was written, and no longer change it")]
    ReadOnly,
    /// The time to edit is over.
    #[error("a message can be edited for 24 hours; write another one")]
    TooLate,
    /// The message was deleted.
    #[error("the message is deleted; nothing more can be done to it")]
    Deleted,
}

/// A message, as far as its rights go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What the actor is to the conversation.
    pub standing: Standing,
    /// Whether the actor wrote the message.
    pub own: bool,
    /// Whether the message is there.
    pub state: MessageState,
    /// When it was sent.
    pub sent_at: Micros,
}

/// Whether the message's text may be changed at `now`: by its author alone, for a day.
///
/// # Errors
/// [`ActRefusal`]
pub fn may_edit(deed: &Deed, now: Micros) -> Result<(), ActRefusal> {
    acts(deed)?;
    if !deed.own {
        return Err(ActRefusal::NotYours);
    }
    if now.0.saturating_sub(deed.sent_at.0) > EDIT_WINDOW.0 { Err(ActRefusal::TooLate) } else { Ok(()) }
}

/// Whether the message may be taken away: by its author always, by staff of a class and owners of a group. Doing it again
/// changes nothing.
///
/// # Errors
/// [`ActRefusal`]
pub fn may_delete(deed: &Deed) -> Result<(), ActRefusal> {
    if deed.own || deed.standing.manages() { Ok(()) } else { Err(ActRefusal::NotYours) }
}

/// Whether the message may be pinned or unpinned: by those who look after the conversation, and by both of two.
///
/// # Errors
/// [`ActRefusal`]
pub fn may_pin(deed: &Deed, kind: ConversationKind) -> Result<(), ActRefusal> {
    acts(deed)?;
    if deed.standing.manages() || kind == ConversationKind::Direct {
        Ok(())
    } else {
        Err(ActRefusal::NotYours)
    }
}

/// Whether somebody may react, or take it back: all who are in the conversation, in every mode.
///
/// # Errors
/// [`ActRefusal`]
pub fn may_react(deed: &Deed) -> Result<(), ActRefusal> {
    acts(deed)
}

/// Whether former texts may be seen: of a message that is there by all, of a deleted one by staff of the class alone.
#[must_use]
pub fn may_see_edits(standing: Standing, state: MessageState) -> bool {
    state == MessageState::Sent || standing.is_staff()
}

/// What a conversation offers to somebody. Modes come and go; these stay.
#[must_use]
pub fn may(standing: Standing, kind: ConversationKind) -> May {
    let manage = standing.manages() && kind != ConversationKind::Direct;
    May { send: !standing.reads_only(), manage, moderate: manage }
}

fn acts(deed: &Deed) -> Result<(), ActRefusal> {
    if deed.standing.reads_only() {
        return Err(ActRefusal::ReadOnly);
    }
    if deed.state == MessageState::Deleted { Err(ActRefusal::Deleted) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ActRefusal::{Deleted, NotYours, ReadOnly, TooLate};

    const SENT: Micros = Micros(5_000_000);

    fn deed(standing: Standing, own: bool) -> Deed {
        Deed { standing, own, state: MessageState::Sent, sent_at: SENT }
    }

    #[test]
    fn authors_edit_for_a_day_and_nobody_edits_for_them() {
        let last = Micros(SENT.0 + EDIT_WINDOW.0);
        assert_eq!(may_edit(&deed(Standing::Student, true), last), Ok(()));
        assert_eq!(may_edit(&deed(Standing::Student, true), Micros(last.0 + 1)), Err(TooLate));
        for standing in [Standing::Teacher, Standing::Admin, Standing::Owner, Standing::Member] {
            assert_eq!(may_edit(&deed(standing, false), SENT), Err(NotYours), "{standing:?}");
        }
        assert_eq!(may_edit(&deed(Standing::Former, true), SENT), Err(ReadOnly));
        let gone = Deed { state: MessageState::Deleted, ..deed(Standing::Student, true) };
        assert_eq!(may_edit(&gone, SENT), Err(Deleted));
    }

    #[test]
    fn messages_are_taken_away_by_their_authors_and_by_who_looks_after_the_conversation() {
        for (standing, own, wanted) in [
            (Standing::Student, true, Ok(())),
            (Standing::Former, true, Ok(())),
            (Standing::Student, false, Err(NotYours)),
            (Standing::Member, false, Err(NotYours)),
            (Standing::Owner, false, Ok(())),
            (Standing::Teacher, false, Ok(())),
            (Standing::Admin, false, Ok(())),
        ] {
            assert_eq!(may_delete(&deed(standing, own)), wanted, "{standing:?}");
        }
    }

    #[test]
    fn pins_are_set_by_who_looks_after_the_conversation_and_by_both_of_two() {
        for (standing, kind, wanted) in [
            (Standing::Teacher, ConversationKind::Class, Ok(())),
            (Standing::Student, ConversationKind::Class, Err(NotYours)),
            (Standing::Owner, ConversationKind::Group, Ok(())),
            (Standing::Member, ConversationKind::Group, Err(NotYours)),
            (Standing::Member, ConversationKind::Direct, Ok(())),
        ] {
            assert_eq!(may_pin(&deed(standing, true), kind), wanted, "{standing:?} {kind:?}");
        }
    }

    #[test]
    fn all_react_but_those_who_only_read() {
        for standing in [Standing::Student, Standing::Member, Standing::Admin] {
            assert_eq!(may_react(&deed(standing, false)), Ok(()));
        }
        assert_eq!(may_react(&deed(Standing::Former, false)), Err(ReadOnly));
    }

    #[test]
    fn former_texts_of_what_is_deleted_are_for_staff() {
        for (standing, sent, deleted) in [
            (Standing::Student, true, false),
            (Standing::Owner, true, false),
            (Standing::Teacher, true, true),
            (Standing::Admin, true, true),
        ] {
            assert_eq!(may_see_edits(standing, MessageState::Sent), sent);
            assert_eq!(may_see_edits(standing, MessageState::Deleted), deleted, "{standing:?}");
        }
    }

    #[test]
    fn what_is_offered_follows_from_the_standing() {
        let manages = May { send: true, manage: true, moderate: true };
        let writes = May { send: true, ..May::default() };
        for (standing, kind, wanted) in [
            (Standing::Teacher, ConversationKind::Class, manages),
            (Standing::Owner, ConversationKind::Group, manages),
            (Standing::Member, ConversationKind::Direct, writes),
            (Standing::Student, ConversationKind::Class, writes),
            (Standing::Former, ConversationKind::Class, May::default()),
        ] {
            assert_eq!(may(standing, kind), wanted, "{standing:?}");
        }
    }
}
