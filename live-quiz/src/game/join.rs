//! Who may come in, and by which name.

use super::{Entry, Game, Invalid, Refusal};
use crate::nickname;
use protocol::ids::{ParticipantId, PersonId, UserId};
use protocol::quiz::{LateJoin, Phase};
use serde::{Deserialize, Serialize};

/// The name that somebody wants to play by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinName {
    /// Typed by the player: checked, and refused if taken.
    Chosen(String),
    /// Known from the school's roll: shortened to fit, and numbered if two pupils have the same one.
    Roll(String),
}

/// Somebody who asks to come in. The PIN was checked by the service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// A fresh id, used if the user is new to the game.
    pub participant: ParticipantId,
    /// The subject of their token; for guests the one that their token will have.
    pub user: UserId,
    /// None for guests.
    pub person: Option<PersonId>,
    /// The name to play by.
    pub name: JoinName,
    /// More time for this player; brought into 1.0 to 3.0, for nobody is kept out by what the roll says.
    pub time_factor: f64,
}

/// Somebody who is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Admission {
    /// Who they are in this game.
    pub participant: ParticipantId,
    /// The name that is shown.
    pub nickname: String,
    /// What to append; empty for somebody who was in already.
    pub entries: Vec<Entry>,
}

impl Game {
    /// Decides whether somebody may come in. A user who is in already gets the same participant again, also when the
    /// game is locked, full or running.
    ///
    /// # Errors
    /// `Kicked`, `WrongPhase` (podium, ended), `GameLocked`, `LateJoinRefused`, `GameFull`, `InvalidSetting` (a guest in a
    /// game without guests, a host), `NicknameRefused`, `NicknameTaken`.
    pub fn join(&self, request: &JoinRequest) -> Result<Admission, Refusal> {
        if let Some(slot) = self.slot_of(&request.user) {
            let participant = &self.participants[slot];
            if participant.kicked {
                return Err(Refusal::Kicked);
            }
            return Ok(Admission {
                participant: participant.id,
                nickname: participant.nickname.clone(),
                entries: Vec::new(),
            });
        }
        self.admit(request)?;
        let nickname = self.name_for(&request.name)?;
        let late = self.begun;
        let late_credit = match self.settings().late_join {
            LateJoin::ProRata if late => self.mean_score(),
            _ => 0,
        };
        let joined = Entry::Joined {
            participant: request.participant,
            user: request.user.clone(),
            person: request.person,
            nickname: nickname.clone(),
            time_factor: in_range(request.time_factor),
            late,
            late_credit,
        };
        Ok(Admission { participant: request.participant, nickname, entries: vec![joined] })
    }

    fn admit(&self, request: &JoinRequest) -> Result<(), Refusal> {
        if matches!(self.phase, Phase::Podium | Phase::Ended) {
            return Err(Refusal::WrongPhase);
        }
        if self.locked {
            return Err(Refusal::GameLocked);
        }
        if self.begun && self.settings().late_join == LateJoin::None {
            return Err(Refusal::LateJoinRefused);
        }
        if self.players() >= self.settings().max_players {
            return Err(Refusal::GameFull);
        }
        match request.person {
            None if !self.settings().guests => Err(Refusal::InvalidSetting(Invalid::NoGuests)),
            Some(person) if person == self.opened.owner || self.cohosts.contains(&person) => {
                Err(Refusal::InvalidSetting(Invalid::HostAsPlayer))
            }
            _ => Ok(()),
        }
    }

    fn name_for(&self, name: &JoinName) -> Result<String, Refusal> {
        match name {
            JoinName::Chosen(typed) => self.check_name(typed, None),
            JoinName::Roll(name) => Ok(nickname::from_roll(name, |key| self.names.contains(key))),
        }
    }

    /// A typed name, checked and free; a player's own present name counts as free.
    pub(super) fn check_name(&self, typed: &str, own: Option<&str>) -> Result<String, Refusal> {
        let name = nickname::check(typed)?;
        let key = nickname::key(&name);
        if self.names.contains(&key) && own.map(nickname::key) != Some(key) {
            return Err(Refusal::NicknameTaken);
        }
        Ok(name)
    }
}

fn in_range(factor: f64) -> f64 {
    if factor.is_finite() { factor.clamp(1.0, 3.0) } else { 1.0 }
}

pub(super) fn check_time_factor(factor: f64) -> Result<(), Refusal> {
    if (1.0..=3.0).contains(&factor) { Ok(()) } else { Err(Refusal::InvalidSetting(Invalid::TimeFactor)) }
}
