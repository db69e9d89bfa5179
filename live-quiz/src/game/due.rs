//! What time demands, and when to look again.

use super::{
    ALL_GONE_END_MS, AUTO_BOARD_MS, AUTO_REVEAL_MS, Connected, Entry, Game, HOST_GONE_END_MS,
    HOST_GONE_PAUSE_MS, LOBBY_END_MS, REVEAL_AFTER_MS, Round, Slot,
};
use protocol::quiz::{CloseReason, EndReason, PauseReason, Phase};
use rand::RngCore;

impl Game {
    /// The entries that are due at `now`, one step at a time: append and apply them, then ask again until none are left.
    /// Ask after each applied entry, each connect and disconnect, and at [`Game::next_deadline`].
    pub fn due(&self, now: u64, here: &Connected, rng: &mut dyn RngCore) -> Vec<Entry> {
        if self.ended.is_some() {
            return Vec::new();
        }
        if is_past(self.abandoned_at(here), now) {
            return self.end_abandoned();
        }
        if let Some(pause) = self.pause {
            let host_is_back = pause.reason == PauseReason::HostGone && here.hosts() > 0;
            return self.resumed(now).filter(|_| host_is_back).into_iter().collect();
        }
        if is_past(self.host_gone_pause_at(here), now) {
            return vec![Entry::Paused { reason: PauseReason::HostGone }];
        }
        let Some(round) = self.round() else {
            return Vec::new();
        };
        let question = round.question;
        match self.phase {
            Phase::Open => {
                if is_past(self.all_answered_at(round, here), now) {
                    vec![Entry::QuestionClosed { question, reason: CloseReason::AllAnswered }]
                } else if is_past(self.out_of_time_at(round, here), now) {
                    vec![Entry::QuestionClosed { question, reason: CloseReason::Time }]
                } else {
                    Vec::new()
                }
            }
            _ if !is_past(self.step_at(round), now) => Vec::new(),
            Phase::Countdown => self.open(now, rng).into_iter().collect(),
            Phase::Closed => vec![Entry::Revealed { question }],
            Phase::Reveal => vec![self.after_reveal()],
            Phase::Board => vec![self.onward(now)],
            Phase::Lobby | Phase::Podium | Phase::Ended => Vec::new(),
        }
    }

    /// When [`Game::due`] should be asked again if nothing happens before, server milliseconds; may lie in the past if
    /// something is due already.
    #[must_use]
    pub fn next_deadline(&self, here: &Connected) -> Option<u64> {
        if self.ended.is_some() {
            return None;
        }
        let abandoned = self.abandoned_at(here);
        if let Some(pause) = self.pause {
            let host_is_back = pause.reason == PauseReason::HostGone && here.hosts() > 0;
            return if host_is_back { Some(pause.since) } else { abandoned };
        }
        let step = self.round().and_then(|round| match self.phase {
            Phase::Open => {
                let all_answered = self.all_answered_at(round, here);
                all_answered.into_iter().chain(self.out_of_time_at(round, here)).min()
            }
            _ => self.step_at(round),
        });
        [abandoned, self.host_gone_pause_at(here), step].into_iter().flatten().min()
    }

    /// When the game ends because everybody, or all hosts, stay away.
    fn abandoned_at(&self, here: &Connected) -> Option<u64> {
        let (all_gone, host_gone) = match self.phase {
            Phase::Lobby => (LOBBY_END_MS, LOBBY_END_MS),
            _ => (ALL_GONE_END_MS, HOST_GONE_END_MS),
        };
        let all = here.all_gone_since().map(|since| since + all_gone);
        let hosts = here.hosts_gone_since().map(|since| since + host_gone);
        all.into_iter().chain(hosts).min()
    }

    /// The answers of an open question still count.
    fn end_abandoned(&self) -> Vec<Entry> {
        let mut entries = self.close_and_reveal(CloseReason::Time);
        let reason = match self.phase {
            Phase::Podium => self.natural_end(),
            _ => EndReason::Abandoned,
        };
        entries.push(Entry::Ended { reason });
        entries
    }

    /// An open question runs to its close first: its players should not pay for the host's network.
    fn host_gone_pause_at(&self, here: &Connected) -> Option<u64> {
        match self.phase {
            Phase::Countdown | Phase::Closed | Phase::Reveal | Phase::Board => {
                here.hosts_gone_since().map(|since| since + HOST_GONE_PAUSE_MS)
            }
            Phase::Lobby | Phase::Open | Phase::Podium | Phase::Ended => None,
        }
    }

    /// When the game goes on by itself from the other phases.
    fn step_at(&self, round: &Round) -> Option<u64> {
        let auto = self.settings().auto_advance;
        match self.phase {
            Phase::Countdown => Some(round.opens_at),
            Phase::Closed => Some(self.phase_at + REVEAL_AFTER_MS),
            Phase::Reveal if auto => Some(self.phase_at + AUTO_REVEAL_MS),
            Phase::Board if auto => Some(self.phase_at + AUTO_BOARD_MS),
            _ => None,
        }
    }

    /// When everybody who is connected, or was until a moment ago, has answered; none while somebody connected has not.
    ///
    /// Costs a look at everybody only when there are enough answers for it.
    fn all_answered_at(&self, round: &Round, here: &Connected) -> Option<u64> {
        if round.answered == 0 || round.answered + self.kicked < here.players() {
            return None;
        }
        let mut at = 0;
        for (slot, participant) in self.participants.iter().enumerate() {
            if self.has_settled(round, slot) {
                continue;
            }
            if here.connected(&participant.user) {
                return None;
            }
            at = at.max(here.waited_for_until(&participant.user));
        }
        Some(at)
    }

    /// When the time is over for everybody who may still answer: those with more time hold the question open while they
    /// are connected, and for a moment longer.
    fn out_of_time_at(&self, round: &Round, here: &Connected) -> Option<u64> {
        let standard = self.closes_at(round, None)?;
        let slower = self.slower.iter().filter(|slot| !self.has_settled(round, **slot)).filter_map(|slot| {
            let own = self.closes_at(round, Some(*slot))?;
            let user = &self.participants[*slot].user;
            Some(if here.connected(user) { own } else { own.min(here.waited_for_until(user)) })
        });
        slower.chain([standard]).max()
    }

    /// Has answered, or cannot any more.
    pub(super) fn has_settled(&self, round: &Round, slot: Slot) -> bool {
        self.participants[slot].kicked || round.answers.get(slot).is_some_and(Option::is_some)
    }
}

fn is_past(deadline: Option<u64>, now: u64) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}
