//! Learning from live games that have ended.

use super::Practice;
use super::rule::{self, Around};
use crate::service::RecordError;
use persistence::Micros;
use persistence::items::item_ids;
use persistence::mastery::{AnswerEvent, Asked, Known, LearnError, MAX_ANSWERS, Source};
use protocol::ids::{ClassId, GameId, ItemId, ParticipantId, PersonId, SchoolId};
use protocol::quiz::GameReport;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Games that are looked for at once.
const GAMES: u32 = 50;

impl Practice {
    /// Learns from all games that have ended and that nobody has learned from. What fails waits for the next time. Returns
    /// from how many it learned.
    pub async fn learn_from_games(&self) -> usize {
        let games = match self.records().games_to_learn_from(GAMES).await {
            Ok(games) => games,
            Err(error) => {
                tracing::error!(%error, "games to learn from cannot be listed; they wait");
                return 0;
            }
        };
        let mut learned = 0;
        for (school, game) in games {
            match self.learn_from_game(school, game).await {
                Ok(()) => learned += 1,
                Err(error) => tracing::error!(%game, %error, "a game is not learned from; it waits"),
            }
        }
        learned
    }

    /// Learns from a game that has ended: from the answers of those with an account who were not removed. Once, however often.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]; what was learned by then counts, and is not learned again.
    pub async fn learn_from_game(&self, school: SchoolId, game: GameId) -> Result<(), RecordError> {
        let store = self.learning.store();
        let (kept, report) =
            (store.games().get(school, game).await?, store.games().report(school, game).await?);
        let (events, allowed) = match (kept, report) {
            (Some(kept), Some(report)) => {
                let quiz = store.quizzes().get_version(school, kept.quiz, kept.version).await?;
                let Some(quiz) = quiz else { return self.done(school, game).await };
                self.records().keep_items(school, quiz.id, quiz.version, &quiz.content).await?;
                let items = item_ids(quiz.id, &quiz.content);
                let factors =
                    self.time_factors(school, kept.class.or(report.settings.class), &report).await?;
                let limits = quiz.content.questions.iter().map(|asked| u64::from(asked.time_limit_s) * 1_000);
                let limits: Vec<u64> = limits.collect();
                let asked = |question: usize| {
                    let item: ItemId = items.get(question).copied().flatten()?;
                    let question = u32::try_from(question).ok()?;
                    Some(Asked { item, quiz: quiz.id, version: quiz.version, question, order: Vec::new() })
                };
                let allowed = move |event: &AnswerEvent| {
                    let limit = *limits.get(event.asked.question as usize)?;
                    let factor = factors.get(&event.person).copied().unwrap_or(1.0);
                    Some((limit as f64 * factor) as u64)
                };
                (answers(&report, asked), allowed)
            }
            _ => return self.done(school, game).await,
        };
        let now = self.learning.now();
        let mut people = BTreeSet::new();
        let mut rule = |event: &AnswerEvent, known: &Known| {
            let around = Around { allowed_ms: allowed(event), rated: None, schedule: self.schedule };
            rule::learn(event, known, around)
        };
        for part in events.chunks(MAX_ANSWERS) {
            let learned = self.records().learn_from_game(school, part, None, now, &mut rule).await;
            people.extend(learned.map_err(unexpected)?);
        }
        self.done(school, game).await?;
        tracing::info!(%game, people = people.len(), "learned from a game");
        for person in people {
            self.tell(school, person).await;
        }
        Ok(())
    }

    async fn done(&self, school: SchoolId, game: GameId) -> Result<(), RecordError> {
        let mut nothing = |_: &AnswerEvent, _: &Known| None;
        let learned =
            self.records().learn_from_game(school, &[], Some(game), self.learning.now(), &mut nothing).await;
        learned.map(drop).map_err(unexpected)
    }

    /// More time to answer makes nobody slow.
    async fn time_factors(
        &self,
        school: SchoolId,
        class: Option<ClassId>,
        report: &GameReport,
    ) -> Result<HashMap<PersonId, f64>, RecordError> {
        let mut factors = HashMap::new();
        let Some(class) = class else { return Ok(factors) };
        for participant in &report.participants {
            let Some(person) = participant.person else { continue };
            if let Some(factor) = self.learning.store().classes().time_factor(school, class, person).await? {
                factors.insert(person, factor);
            }
        }
        Ok(factors)
    }
}

fn unexpected(error: LearnError) -> RecordError {
    match error {
        LearnError::Unavailable(error) => error.into(),
        error => RecordError::refused(error.code(), error.to_string()),
    }
}

/// The graded answers of people with an account, in the order in which they were given.
fn answers(report: &GameReport, asked: impl Fn(usize) -> Option<Asked>) -> Vec<AnswerEvent> {
    let ended_at = report.ended_at.map_or(Micros::default(), Micros::from_millis);
    let mut found = Vec::new();
    for participant in report.participants.iter().filter(|participant| !participant.kicked) {
        let Some(person) = participant.person else { continue };
        for (round, answer) in participant.answers.iter().enumerate() {
            // Whoever gave no answer may have been away, which tells nothing.
            let (Some(_), Some(correct)) = (&answer.answer, answer.correct) else { continue };
            let Some(asked) = asked(answer.question) else { continue };
            let event = AnswerEvent {
                id: event_id(report.game, participant.participant, answer.question),
                person,
                asked,
                source: Source::Game,
                correct: Some(correct),
                elapsed_ms: answer.elapsed_ms,
                occurred_at: ended_at,
            };
            found.push((round, answer.elapsed_ms, event));
        }
    }
    found.sort_by_key(|(round, elapsed, event)| (*round, *elapsed, event.id));
    found.into_iter().map(|(.., event)| event).collect()
}

fn event_id(game: GameId, participant: ParticipantId, question: usize) -> Uuid {
    Uuid::new_v5(&game.0, format!("{participant}:{question}").as_bytes())
}
