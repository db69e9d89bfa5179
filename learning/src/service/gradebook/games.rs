//! A finished live quiz of a class goes to its gradebook: one line item of as many points as questions were scored, and for
//! each student who played, how many of them were answered rightly.
//!
//! Speed and streaks decide the game and not the grade. Questions that were not played, polls, and questions for no points
//! are not counted; those that a late comer missed are.

use super::setup;
use crate::service::{Learning, RecordError};
use persistence::Micros;
use persistence::gradebook::{GamePost, GamePosted, LineItemContent, NewScore, PostGameError, ScoreSource};
use protocol::ids::{ClassId, GameId, LineItemId, PersonId, SchoolId, ScoreId};
use protocol::quiz::{GameReport, KindName, ParticipantReport, QuizContent};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Games that one look takes.
const AT_ONCE: u32 = 200;
/// Between two looks for games that no node has posted: one that died between the end of a game and its posting has left
/// one.
const EVERY: Duration = Duration::from_secs(60);
/// After a game has finished here, another look: what is kept of it may be on its way.
const SOON: Duration = Duration::from_secs(2);

impl Learning {
    /// Posts the games of classes that have ended, whoever ended them: those that wait when this begins, whenever
    /// `finished` says that there may be one, and once a minute; until stopped.
    pub async fn post_games(&self, mut finished: watch::Receiver<u64>, stop: CancellationToken) {
        let work = async {
            let mut pause = EVERY;
            loop {
                if let Err(error) = self.post_finished_games().await {
                    tracing::warn!(%error, "games of classes wait for the gradebook; they are posted later");
                }
                pause = match tokio::time::timeout(pause, finished.changed()).await {
                    Ok(Ok(())) => SOON,
                    Ok(Err(_)) => return,
                    Err(_) => EVERY,
                };
            }
        };
        stop.run_until_cancelled(work).await;
    }

    /// Posts the games of classes, of all schools, that have ended and are not posted. Of several nodes that do so at once,
    /// one posts a game. Returns how many this one posted.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`] when they cannot be listed. What cannot be posted is told in the log, and left for the
    /// next time.
    pub async fn post_finished_games(&self) -> Result<usize, RecordError> {
        let mut posted = 0;
        for (school, game) in self.store.games().unposted(AT_ONCE).await? {
            match self.post_game(school, game).await {
                Ok(done) => posted += usize::from(matches!(done, GamePosted::Now { .. })),
                Err(error) => {
                    tracing::error!(%game, %error, code = error.code(), "a game's scores are not in the gradebook yet");
                }
            }
        }
        Ok(posted)
    }

    async fn post_game(&self, school: SchoolId, game: GameId) -> Result<GamePosted, PostGameError> {
        let games = self.store.games();
        let kept = games.get(school, game).await?.ok_or(PostGameError::UnknownGame)?;
        let class = kept.class.ok_or(PostGameError::UnknownGame)?;
        let report = games.report(school, game).await?.ok_or(PostGameError::UnknownGame)?;
        let quiz = self.store.quizzes().get_version(school, kept.quiz, kept.version).await?;
        let quiz = quiz.ok_or(PostGameError::UnknownGame)?;
        let post = post_of(class, &report, &quiz.content);
        let posted = self.store.gradebooks().post_game(school, &post, self.now()).await?;
        if let GamePosted::Now { students } = &posted {
            tracing::info!(%game, %class, students = students.len(), "a game's scores are in the gradebook");
            self.tell_gradebook(school, class, true).await;
            let new: Vec<_> = students.iter().map(|student| (post.line_item, *student)).collect();
            // They are kept; whoever is not told reads them later.
            if let Err(error) = self.tell_scores(school, class, &new).await {
                tracing::warn!(%game, %error, "students are not told of a game's scores");
            }
        }
        Ok(posted)
    }
}

/// What a game leaves in the gradebook. Ids follow from the game's, so that the same post is the same entries.
fn post_of(class: ClassId, report: &GameReport, quiz: &QuizContent) -> GamePost {
    let scored = scored_questions(report, quiz);
    let ended_at = Micros::from_millis(report.ended_at.unwrap_or(report.opened_at));
    let line_item = LineItemId(Uuid::new_v5(&report.game.0, b"line item"));
    let (category_id, category) = setup::first_category(class);
    let content = LineItemContent {
        title: report.title.clone(),
        category: category_id,
        period: None,
        position: 0,
        points_possible: scored.len() as f64,
        // So that it falls into the grading period in which it was played.
        due_at: Some(ended_at),
        weight_ppm: None,
        extra_credit: false,
        omit_from_final: false,
        never_drop: false,
        hidden: false,
    };
    // Somebody may have come with two devices: the better one counts.
    let mut best: BTreeMap<PersonId, u32> = BTreeMap::new();
    let counted = if scored.is_empty() { &[] } else { report.participants.as_slice() };
    for participant in counted.iter().filter(|participant| !participant.kicked) {
        if let Some(person) = participant.person {
            let given = right_answers(participant, &scored);
            let held = best.entry(person).or_insert(given);
            *held = given.max(*held);
        }
    }
    let score = |(person, given): (PersonId, u32)| NewScore {
        id: ScoreId(Uuid::new_v5(&report.game.0, person.0.as_bytes())),
        line_item,
        student: person,
        given: Some(f64::from(given)),
        excused: false,
        scored_at: ended_at,
        source: ScoreSource::Game,
        source_event: Some(report.game.0),
    };
    let scores = best.into_iter().map(score).collect();
    GamePost { game: report.game, line_item, content, category, scores }
}

/// The questions that were played and have an answer that is right, for points.
fn scored_questions(report: &GameReport, quiz: &QuizContent) -> HashSet<usize> {
    let points = |index: usize| quiz.questions.get(index).is_none_or(|question| question.points > 0);
    let scored =
        report.questions.iter().filter(|question| question.played && question.kind != KindName::Poll);
    scored.map(|question| question.index).filter(|index| points(*index)).collect()
}

fn right_answers(participant: &ParticipantReport, scored: &HashSet<usize>) -> u32 {
    let answers = participant.answers.iter().filter(|answer| scored.contains(&answer.question));
    let right: HashSet<usize> =
        answers.filter(|answer| answer.correct == Some(true)).map(|answer| answer.question).collect();
    u32::try_from(right.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use protocol::ids::ParticipantId;
    use protocol::quiz::{AnswerReport, Distribution, GameSettings, QuestionReport, Solution};
    use serde_json::json;

    fn quiz() -> QuizContent {
        let question =
            |points: u8| json!({"prompt": "?", "kind": "true_false", "correct": true, "points": points});
        let poll = json!({"prompt": "?", "kind": "poll", "options": [{"text": "a"}, {"text": "b"}]});
        let questions = [question(1), question(2), question(0), poll, question(1)];
        serde_json::from_value(json!({"title": "Rivers", "questions": questions})).unwrap()
    }

    /// Of five questions the first four were played: one for points, one for double, one for none, and a poll.
    fn report(participants: Vec<ParticipantReport>) -> GameReport {
        let question = |(index, question): (usize, &protocol::quiz::Question)| QuestionReport {
            index,
            prompt: String::new(),
            kind: question.kind.name(),
            played: index < 4,
            answered: 0,
            correct: 0,
            correct_rate: None,
            mean_elapsed_ms: None,
            options: None,
            solution: Solution::default(),
            distribution: Distribution::default(),
        };
        GameReport {
            game: GameId(Uuid::from_u128(7)),
            title: "Rivers".to_owned(),
            opened_at: 1,
            ended_at: Some(9),
            settings: GameSettings::default(),
            players: 0,
            questions: quiz().questions.iter().enumerate().map(question).collect(),
            participants,
        }
    }

    fn participant(person: Option<PersonId>, right: &[usize]) -> ParticipantReport {
        let answer = |question: usize| AnswerReport {
            question,
            answer: None,
            correct: (question != 3).then_some(right.contains(&question)),
            points: 0,
            streak_bonus: 0,
            elapsed_ms: None,
            latency_credit_ms: 0,
        };
        ParticipantReport {
            participant: ParticipantId::generate(),
            person,
            nickname: "N".to_owned(),
            rank: 1,
            score: 5_000,
            correct: 0,
            answered: 4,
            late: false,
            late_credit: 0,
            kicked: false,
            answers: (0..4).map(answer).collect(),
        }
    }

    fn given(post: &GamePost) -> Vec<(PersonId, Option<f64>)> {
        post.scores.iter().map(|score| (score.student, score.given)).collect()
    }

    #[test]
    fn right_answers_of_scored_questions_count_and_nothing_else() {
        let [ada, ben] = [1, 2].map(|id| PersonId(Uuid::from_u128(id)));
        let players =
            vec![participant(Some(ada), &[0, 2]), participant(Some(ben), &[]), participant(None, &[0, 1])];
        let class = ClassId::generate();
        let post = post_of(class, &report(players.clone()), &quiz());
        assert_eq!((post.content.points_possible, post.content.due_at), (2.0, Some(Micros(9_000))));
        assert_eq!(given(&post), [(ada, Some(1.0)), (ben, Some(0.0))], "guests have no account");
        assert_eq!(post_of(class, &report(players), &quiz()), post, "the same game is the same entries");
    }

    #[test]
    fn of_two_devices_the_better_counts_and_who_was_removed_has_no_score() {
        let [ada, ben] = [1, 2].map(|id| PersonId(Uuid::from_u128(id)));
        let kicked = ParticipantReport { kicked: true, ..participant(Some(ben), &[0]) };
        let players = vec![participant(Some(ada), &[0, 1]), participant(Some(ada), &[0]), kicked];
        assert_eq!(given(&post_of(ClassId::generate(), &report(players), &quiz())), [(ada, Some(2.0))]);
    }

    #[test]
    fn a_game_without_a_scored_question_has_no_scores() {
        let mut report = report(vec![participant(Some(PersonId::generate()), &[])]);
        for question in &mut report.questions {
            question.played = false;
        }
        assert_eq!(post_of(ClassId::generate(), &report, &quiz()).scores, []);
    }
}
