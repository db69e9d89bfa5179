//! Finding a game by its PIN, and coming in.

use super::{LiveQuiz, reaches};
use crate::{
    game::{Invalid, JoinName, JoinRequest, Refusal},
    guess::{GuessBudget, Turn},
    pin,
    room::{GameAsk, GameReply, Joined, Peek},
};
use persistence::Unavailable;
use protocol::ids::{GameId, ParticipantId, PersonId, SchoolId, UserId};
use realtime::Identity;
use std::{
    net::IpAddr,
    sync::{MutexGuard, PoisonError},
    time::Duration,
};
use uuid::Uuid;

/// A game that was found by its PIN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub game: GameId,
    /// What may be known of it.
    pub peek: Peek,
}

/// Somebody who came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinedGame {
    /// Who they are in the game.
    pub participant: ParticipantId,
    /// The name shown.
    pub nickname: String,
    /// The subject that they connect as.
    pub user: UserId,
    /// For guests: the token to connect with.
    pub token: Option<String>,
}

/// What somebody who comes in asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// The name to play by; guests must choose one.
    pub nickname: Option<&'a str>,
    /// A guest's own secret for this join: the same one again leads to the same place, so that a lost answer leaves no
    /// ghost behind that has the name.
    pub op: Option<&'a str>,
}

impl Wish<'_> {
    /// The participant is known to all and must not tell the secret: it is a hash of it.
    fn participant(&self, game: GameId) -> Result<ParticipantId, Refusal> {
        match self.op {
            None => Ok(ParticipantId::generate()),
            Some(op) if (16..=64).contains(&op.len()) => {
                Ok(ParticipantId(Uuid::new_v5(&game.0, op.as_bytes())))
            }
            Some(_) => Err(Refusal::InvalidSetting(Invalid::JoinOp)),
        }
    }
}

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// No open game has the PIN.
    #[error("no open game has this pin; look at the screen and type it again")]
    UnknownPin,
    /// Too many wrong PINs from this address, and too many waiting already.
    #[error("too many wrong pins from this network; try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The game says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store is away.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl LiveQuiz {
    /// Finds an open game by its PIN.
    ///
    /// Wrong PINs cost the address ([`crate::guess`]). Over budget all of its attempts take turns, 4 a second; only with
    /// 64 waiting is one refused, with the time to come again.
    ///
    /// # Errors
    /// [`JoinError`]
    pub async fn find(&self, from: IpAddr, typed: &str) -> Result<Found, JoinError> {
        let (school, game) = self.by_pin(from, typed).await?;
        let peek = self.peek(school, game).await?;
        Ok(Found { game, peek })
    }

    /// Comes into a game: as the caller of the school, or as a guest.
    ///
    /// # Errors
    /// [`JoinError`]
    pub async fn join(
        &self,
        from: IpAddr,
        game: GameId,
        typed_pin: &str,
        wish: &Wish<'_>,
        identity: Option<&Identity>,
    ) -> Result<JoinedGame, JoinError> {
        let nickname = wish.nickname;
        let (school, found) = self.by_pin(from, typed_pin).await?;
        if found != game {
            return Err(JoinError::UnknownPin);
        }
        // A token of another school is no account here: its bearer comes as a guest.
        match identity.filter(|identity| identity.school == school) {
            Some(identity) if identity.is_guest() => self.join_again(identity, game, wish).await,
            Some(Identity { person: Some(person), user, name, .. }) => {
                let request = self.member(school, game, *person, user, nickname, name.as_deref()).await?;
                let Joined { participant, nickname } = self.admit(school, game, request).await?;
                Ok(JoinedGame { participant, nickname, user: user.clone(), token: None })
            }
            _ => self.join_as_guest(school, game, wish).await,
        }
    }

    async fn join_as_guest(
        &self,
        school: SchoolId,
        game: GameId,
        wish: &Wish<'_>,
    ) -> Result<JoinedGame, JoinError> {
        let participant = wish.participant(game)?;
        let user = UserId::guest(participant);
        let request = JoinRequest {
            participant,
            user: user.clone(),
            person: None,
            name: JoinName::Chosen(wish.nickname.unwrap_or_default().to_owned()),
            time_factor: 1.0,
        };
        let Joined { participant, nickname } = self.admit(school, game, request).await?;
        let token = self.guests.guest_token(school, game, participant, &nickname);
        Ok(JoinedGame { participant, nickname, user, token: Some(token) })
    }

    /// A guest who is in already and comes again, as after a reload.
    async fn join_again(
        &self,
        identity: &Identity,
        game: GameId,
        wish: &Wish<'_>,
    ) -> Result<JoinedGame, JoinError> {
        if reaches(identity, game).is_err() {
            // A token of an earlier game: a newcomer here.
            return self.join_as_guest(identity.school, game, wish).await;
        }
        let request = JoinRequest {
            participant: ParticipantId::generate(),
            user: identity.user.clone(),
            person: None,
            name: JoinName::Chosen(wish.nickname.unwrap_or_default().to_owned()),
            time_factor: 1.0,
        };
        let Joined { participant, nickname } = self.admit(identity.school, game, request).await?;
        let token = self.guests.guest_token(identity.school, game, participant, &nickname);
        Ok(JoinedGame { participant, nickname, user: identity.user.clone(), token: Some(token) })
    }

    async fn member(
        &self,
        school: SchoolId,
        game: GameId,
        person: PersonId,
        user: &UserId,
        nickname: Option<&str>,
        name: Option<&str>,
    ) -> Result<JoinRequest, JoinError> {
        let class = self.store.games().get(school, game).await?.and_then(|game| game.settings.class);
        let time_factor = match class {
            Some(class) => self.store.classes().time_factor(school, class, person).await?,
            None => None,
        };
        let name = match (nickname, name) {
            (Some(nickname), _) => JoinName::Chosen(nickname.to_owned()),
            (None, Some(name)) => JoinName::Roll(name.to_owned()),
            (None, None) => JoinName::Roll("Player".to_owned()),
        };
        Ok(JoinRequest {
            participant: ParticipantId::generate(),
            user: user.clone(),
            person: Some(person),
            name,
            time_factor: time_factor.unwrap_or(1.0),
        })
    }

    async fn admit(&self, school: SchoolId, game: GameId, request: JoinRequest) -> Result<Joined, JoinError> {
        match self.ask(school, game, GameAsk::Join(request)).await? {
            GameReply::Joined(joined) => Ok(joined),
            _ => Err(Refusal::GameBusy.into()),
        }
    }

    async fn peek(&self, school: SchoolId, game: GameId) -> Result<Peek, JoinError> {
        match self.ask(school, game, GameAsk::Peek).await? {
            GameReply::Peek(peek) => Ok(peek),
            _ => Err(Refusal::GameBusy.into()),
        }
    }

    async fn by_pin(&self, from: IpAddr, typed: &str) -> Result<(SchoolId, GameId), JoinError> {
        let turn = self.budget().admit(from, self.node.clock.now_ms());
        match turn {
            Turn::Now => {}
            Turn::After(wait) => tokio::time::sleep(wait).await,
            Turn::Busy(retry_after) => return Err(JoinError::Busy { retry_after }),
        }
        let found = match pin::parse(typed) {
            Some(pin) => self.store.games().by_pin(&pin).await?,
            None => None,
        };
        match found {
            Some(found) => {
                self.budget().hit(from, turn, self.node.clock.now_ms());
                Ok(found)
            }
            None => {
                metrics::counter!("schoolbell_quiz_wrong_pins_total").increment(1);
                Err(JoinError::UnknownPin)
            }
        }
    }

    fn budget(&self) -> MutexGuard<'_, GuessBudget> {
        // Whole decisions happen under the lock, so a panic elsewhere does not spoil it.
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
