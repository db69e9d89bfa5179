//! Who may write in a conversation now.

use super::standing::Standing;
use persistence::Micros;
use protocol::chat::Mode;

/// Bounds of the pace of the mode `slow`, seconds.
pub const SLOWEST_S: u32 = 3_600;
/// The other bound.
pub const FASTEST_S: u32 = 5;
/// A game that was opened this long ago quiets no chat, microseconds: six hours. It is for games whose servers all went away
/// and never came back.
const GAME_LEFT: i64 = 6 * 3_600 * 1_000_000;

/// What is asked about a message that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What the sender is there.
    pub standing: Standing,
    /// The conversation's mode.
    pub mode: Mode,
    /// Its pace, seconds.
    pub slow_s: u32,
    /// When the sender last wrote there.
    pub last_sent: Option<Micros>,
    /// When the newest game of the class was opened that is between its first question and the podium.
    pub quiz_opened: Option<Micros>,
    /// Whether the message is for the thread of another person's message.
    pub answers_another: bool,
    /// Whether it names everybody.
    pub everyone: bool,
    /// Whether the conversation is direct, and one of the two blocks the other.
    pub blocked: bool,
}

/// Why a message is not taken. Whoever may not see the conversation is not told any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendRefusal {
    /// The sender has finished the class.
    #[error("you have finished this class; you can read what was written, and no longer write")]
    ReadOnly,
    /// One of the two blocks the other; who does is not told.
    #[error("you and this person cannot write to each other; talk to a teacher if you need to")]
    Blocked,
    /// Staff alone writes.
    #[error("only staff can write here now; wait until they open the chat")]
    Locked,
    /// Threads of others are closed.
    #[error("ask a question of your own; only staff answers here now")]
    QuestionsOnly,
    /// The class plays.
    #[error("a quiz of the class is running; send it when the winners are shown")]
    QuizRunning,
    /// Too early after the sender's last one.
    #[error("the chat is slowed down; send it in {wait_s} s")]
    Slow {
        /// Seconds to wait, at least 1.
        wait_s: u32,
    },
    /// Not everybody may call everybody.
    #[error("only staff of a class and owners of a group can mention everyone; name people instead")]
    NotEveryone,
}

/// Whether a message is taken at `now`.
///
/// # Errors
/// [`SendRefusal`]
pub fn may_send(asked: &Asked, now: Micros) -> Result<(), SendRefusal> {
    let Asked { standing, mode, slow_s, last_sent, quiz_opened, answers_another, everyone, blocked } = *asked;
    if blocked {
        return Err(SendRefusal::Blocked);
    }
    if standing.reads_only() {
        return Err(SendRefusal::ReadOnly);
    }
    if !standing.is_staff() {
        match mode {
            Mode::Locked => return Err(SendRefusal::Locked),
            Mode::Questions if answers_another => return Err(SendRefusal::QuestionsOnly),
            Mode::QuizQuiet if runs(quiz_opened, now) => return Err(SendRefusal::QuizRunning),
            Mode::Slow => paced(slow_s, last_sent, now)?,
            Mode::Open | Mode::Questions | Mode::QuizQuiet => {}
        }
    }
    if everyone && !standing.manages() { Err(SendRefusal::NotEveryone) } else { Ok(()) }
}

fn runs(quiz_opened: Option<Micros>, now: Micros) -> bool {
    quiz_opened.is_some_and(|opened| now.0.saturating_sub(opened.0) < GAME_LEFT)
}

fn paced(slow_s: u32, last_sent: Option<Micros>, now: Micros) -> Result<(), SendRefusal> {
    const SECOND: i64 = 1_000_000;
    let Some(last) = last_sent else { return Ok(()) };
    // A clock of another node that goes ahead makes nobody wait longer than the pace.
    let passed = now.0.saturating_sub(last.0).max(0);
    let left = i64::from(slow_s).saturating_mul(SECOND).saturating_sub(passed);
    if left <= 0 {
        return Ok(());
    }
    // At most the pace, which is 32 bits.
    let wait_s = u32::try_from(left.saturating_add(SECOND - 1) / SECOND).unwrap_or(slow_s);
    Err(SendRefusal::Slow { wait_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Micros = Micros(1_000_000_000);

    fn asked(standing: Standing, mode: Mode) -> Asked {
        Asked {
            standing,
            mode,
            slow_s: 30,
            last_sent: None,
            quiz_opened: None,
            answers_another: false,
            everyone: false,
            blocked: false,
        }
    }

    #[test]
    fn a_block_binds_both_whoever_they_are() {
        for standing in [Standing::Member, Standing::Admin] {
            let blocked = Asked { blocked: true, ..asked(standing, Mode::Open) };
            assert_eq!(may_send(&blocked, NOW), Err(SendRefusal::Blocked));
        }
    }

    #[test]
    fn modes_bind_students_and_not_staff() {
        use SendRefusal::{Locked, QuestionsOnly, Slow};
        for (mode, answers_another, wanted) in [
            (Mode::Open, true, Ok(())),
            (Mode::Questions, false, Ok(())),
            (Mode::Questions, true, Err(QuestionsOnly)),
            (Mode::Slow, false, Err(Slow { wait_s: 30 })),
            (Mode::Locked, false, Err(Locked)),
        ] {
            let here = |standing| Asked { answers_another, last_sent: Some(NOW), ..asked(standing, mode) };
            assert_eq!(may_send(&here(Standing::Student), NOW), wanted, "{mode:?}");
            for staff in [Standing::Teacher, Standing::Admin] {
                assert_eq!(may_send(&here(staff), NOW), Ok(()), "{mode:?}");
            }
            assert_eq!(may_send(&here(Standing::Former), NOW), Err(SendRefusal::ReadOnly));
        }
    }

    #[test]
    fn a_game_of_the_class_quiets_its_students_until_it_is_over_or_forgotten() {
        for (opened, wanted) in [
            (None, Ok(())),
            (Some(NOW), Err(SendRefusal::QuizRunning)),
            (Some(Micros(NOW.0 + 1)), Err(SendRefusal::QuizRunning)),
            (Some(Micros(NOW.0 - GAME_LEFT + 1)), Err(SendRefusal::QuizRunning)),
            (Some(Micros(NOW.0 - GAME_LEFT)), Ok(())),
        ] {
            let here = |standing| Asked { quiz_opened: opened, ..asked(standing, Mode::QuizQuiet) };
            assert_eq!(may_send(&here(Standing::Student), NOW), wanted, "{opened:?}");
            assert_eq!(may_send(&here(Standing::Teacher), NOW), Ok(()));
        }
        let open = Asked { quiz_opened: Some(NOW), ..asked(Standing::Student, Mode::Open) };
        assert_eq!(may_send(&open, NOW), Ok(()), "only where the class wants it");
    }

    #[test]
    fn everybody_is_called_by_those_who_look_after_the_conversation() {
        for (standing, wanted) in [
            (Standing::Teacher, Ok(())),
            (Standing::Admin, Ok(())),
            (Standing::Owner, Ok(())),
            (Standing::Student, Err(SendRefusal::NotEveryone)),
            (Standing::Member, Err(SendRefusal::NotEveryone)),
        ] {
            let call = Asked { everyone: true, ..asked(standing, Mode::Open) };
            assert_eq!(may_send(&call, NOW), wanted, "{standing:?}");
        }
    }

    #[test]
    fn a_slow_chat_says_how_long_to_wait() {
        for (ago_us, wanted) in [
            (0, Err(SendRefusal::Slow { wait_s: 30 })),
            (1, Err(SendRefusal::Slow { wait_s: 30 })),
            (29_000_000, Err(SendRefusal::Slow { wait_s: 1 })),
            (29_999_999, Err(SendRefusal::Slow { wait_s: 1 })),
            (30_000_000, Ok(())),
            (-50_000_000, Err(SendRefusal::Slow { wait_s: 30 })),
        ] {
            let last_sent = Some(Micros(NOW.0 - ago_us));
            let again = Asked { last_sent, ..asked(Standing::Student, Mode::Slow) };
            assert_eq!(may_send(&again, NOW), wanted, "{ago_us}");
        }
        assert_eq!(may_send(&asked(Standing::Student, Mode::Slow), NOW), Ok(()));
    }

    proptest! {
        #[test]
        fn who_waits_as_long_as_told_may_send(slow_s in FASTEST_S..=SLOWEST_S, ago_us in 0..4_000_000_000_i64) {
            let last = Micros(NOW.0 - ago_us);
            let again = Asked { slow_s, last_sent: Some(last), ..asked(Standing::Student, Mode::Slow) };
            if let Err(refusal) = may_send(&again, NOW) {
                let SendRefusal::Slow { wait_s } = refusal else { return Err(TestCaseError::fail("another refusal")) };
                prop_assert!((1..=slow_s).contains(&wait_s));
                prop_assert_eq!(may_send(&again, Micros(NOW.0 + i64::from(wait_s) * 1_000_000)), Ok(()));
            }
        }
    }
}
