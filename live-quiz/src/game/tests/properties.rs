//! Random games: whatever is commanded and however long is waited, the log stays the truth.

use super::table::*;
use crate::game::*;
use crate::replay;
use proptest::prelude::*;
use protocol::quiz::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
    Join(u128),
    Leave(u128),
    Back(u128),
    HostLeaves,
    HostBack,
    Wait(u64),
    /// The game goes on to its next open question, where these answer one after the other.
    Round(Vec<(u128, usize, u64)>),
    Answer {
        who: u128,
        question: usize,
        op: u8,
        choice: usize,
        latency_ms: u64,
    },
    Lead(GameCommand),
}

fn command() -> impl Strategy<Value = GameCommand> {
    let who = (0_u128..6).prop_map(participant);
    prop_oneof![
        4 => Just(GameCommand::Next { seq: None }),
        1 => Just(GameCommand::Skip),
        1 => (0_u32..130).prop_map(|seconds| GameCommand::AddTime { seconds }),
        1 => Just(GameCommand::Pause),
        2 => Just(GameCommand::Resume),
        1 => any::<bool>().prop_map(|locked| GameCommand::Lock { locked }),
        1 => who.clone().prop_map(|participant| GameCommand::Kick { participant }),
        1 => who.clone().prop_map(|participant| GameCommand::Rename { participant, nickname: "Renamed".into() }),
        1 => (who, 0.5_f64..3.5).prop_map(|(participant, time_factor)| GameCommand::Accommodate { participant, time_factor }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let answer = (0_u128..6, 0_usize..4, 0_u8..3, 0_usize..4, 0_u64..300).prop_map(
        |(who, question, op, choice, latency_ms)| Step::Answer { who, question, op, choice, latency_ms },
    );
    let round =
        prop::collection::vec((0_u128..6, prop_oneof![3 => Just(0), 1 => 1_usize..4], 0_u64..9_000), 0..8);
    prop_oneof![
        12 => round.prop_map(Step::Round),
        2 => (0_u128..6).prop_map(Step::Join),
        1 => (0_u128..6).prop_map(Step::Leave),
        1 => (0_u128..6).prop_map(Step::Back),
        1 => Just(Step::HostLeaves),
        3 => Just(Step::HostBack),
        3 => (0_u64..25_000).prop_map(Step::Wait),
        10 => answer,
        9 => command().prop_map(Step::Lead),
        1 => prop_oneof![1 => Just(GameCommand::End), 4 => Just(GameCommand::Pause)].prop_map(Step::Lead),
    ]
}

fn take(table: &mut Table, step: Step) {
    match step {
        Step::Join(n) => drop(table.enter(n)),
        Step::Leave(n) => table.leave(n),
        Step::Back(n) => table.here.connect(&guest(n).user, false, table.now),
        Step::HostLeaves => table.here.disconnect(&host().user, true, table.now),
        Step::HostBack => table.here.connect(&host().user, true, table.now),
        Step::Wait(ms) => table.wait(ms),
        Step::Round(answers) => {
            for _ in 0..4 {
                if table.game.phase() != Phase::Open {
                    drop(table.give(&host(), &GameCommand::Next { seq: None }));
                }
            }
            for (who, choice, ms) in answers {
                table.wait(ms);
                drop(table.choose(who, choice));
            }
        }
        Step::Answer { who, question, op, choice, latency_ms } => {
            let answer = AnswerValue::Choice(choice);
            let caller = Caller { latency_ms, ..guest(who) };
            drop(table.give(&caller, &GameCommand::Answer { question, op: op.to_string(), answer }));
        }
        Step::Lead(command) => drop(table.give(&host(), &command)),
    }
    table.settle();
}

fn played(steps: Vec<Step>, late_join: LateJoin) -> Table {
    let settings = GameSettings { late_join, auto_advance: true, ..Default::default() };
    let mut double = single();
    double.points = 2;
    let mut table = Table::with(opened(vec![single(), double, poll(), single()], settings), 3);
    for step in steps {
        take(&mut table, step);
    }
    table
}

fn policy() -> impl Strategy<Value = LateJoin> {
    prop_oneof![Just(LateJoin::None), Just(LateJoin::Zero), Just(LateJoin::ProRata)]
}

/// The published formulas, done naively over the entries of a log: scores by participant.
fn scores_by_hand(table: &Table) -> BTreeMap<ParticipantId, f64> {
    let content = table.game.opened().content.clone();
    let mut players: BTreeMap<ParticipantId, (f64, f64, i32)> = BTreeMap::new(); // score, factor, streak
    let mut kicked = BTreeSet::new();
    let mut answers = BTreeMap::new();
    for logged in &table.log {
        match &logged.entry {
            Entry::Joined { participant, time_factor, late_credit, .. } => {
                players.insert(*participant, (f64::from(*late_credit), *time_factor, 0));
            }
            Entry::TimeFactor { participant, time_factor } => {
                players.get_mut(participant).unwrap().1 = *time_factor;
            }
            Entry::Kicked { participant } => drop(kicked.insert(*participant)),
            Entry::QuestionOpened { .. } => answers.clear(),
            Entry::Answered { participant, answer, elapsed_ms, .. } => {
                let limit = (20_000.0 * players[participant].1).round();
                answers.insert(*participant, (answer.clone(), *elapsed_ms, limit));
            }
            Entry::Revealed { question } if content.questions[*question].kind.name() != KindName::Poll => {
                let full = f64::from(content.questions[*question].points) * 1_000.0;
                for (participant, (score, _, streak)) in &mut players {
                    match answers.get(participant).filter(|_| !kicked.contains(participant)) {
                        Some((AnswerValue::Choice(0), elapsed, limit)) => {
                            let elapsed =
                                Some(*elapsed as f64).filter(|ms| *ms >= 500.0).unwrap_or(0.0).min(*limit);
                            *streak += 1;
                            *score += (full * (2.0 * limit - elapsed) / (2.0 * limit)).round();
                            *score += f64::from((100 * (*streak - 1)).min(500));
                        }
                        _ => *streak = 0,
                    }
                }
            }
            _ => {}
        }
    }
    players.into_iter().map(|(participant, (score, ..))| (participant, score)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn replaying_the_log_gives_the_same_game(steps in prop::collection::vec(step(), 0..80), policy in policy()) {
        let table = played(steps, policy);
        let text = serde_json::to_string(&table.log).unwrap();
        let log: Vec<replay::LogEntry> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&replay::replay(&log).unwrap(), &table.game);
        let found = replay::check(&log, &table.game.report()).unwrap();
        prop_assert!(found.equal, "{:?}", found.differences);
    }

    #[test]
    fn a_snapshot_and_the_tail_of_the_log_give_the_same_game(steps in prop::collection::vec(step(), 1..80), cut in 0_usize..60) {
        let table = played(steps, LateJoin::ProRata);
        let cut = cut.min(table.log.len() - 1);
        let early = replay::replay(&table.log[..=cut]).unwrap();
        let mut game: Game = serde_json::from_str(&serde_json::to_string(&early).unwrap()).unwrap();
        prop_assert_eq!(&game, &early);
        for logged in &table.log[cut + 1..] {
            game.apply(logged.seq, logged.at, &logged.entry);
        }
        prop_assert_eq!(game, table.game);
    }

    #[test]
    fn one_answer_per_participant_and_question_is_in_the_log(steps in prop::collection::vec(step(), 0..80), policy in policy()) {
        let table = played(steps, policy);
        let mut seen = BTreeSet::new();
        for logged in &table.log {
            if let Entry::Answered { participant, question, elapsed_ms, credit_ms, .. } = &logged.entry {
                prop_assert!(seen.insert((*participant, *question)));
                prop_assert!(*credit_ms <= MAX_CREDIT_MS);
                prop_assert!(*elapsed_ms <= 20_000 * 3 + 120_000 * 80);
            }
        }
    }

    #[test]
    fn scores_follow_from_the_log_by_the_published_formulas(steps in prop::collection::vec(step(), 0..80), policy in policy()) {
        let table = played(steps, policy);
        let by_hand = scores_by_hand(&table);
        let report = table.game.report();
        for participant in &report.participants {
            prop_assert_eq!(f64::from(participant.score), by_hand[&participant.participant]);
            let points: u32 = participant.answers.iter().map(|a| a.points).sum();
            prop_assert_eq!(participant.score, participant.late_credit + points);
        }
        let ranked: Vec<_> = report.participants.iter().filter(|p| !p.kicked).collect();
        for participant in &ranked {
            let better = ranked.iter().filter(|other| other.score > participant.score).count();
            prop_assert_eq!(participant.rank as usize, better + 1);
        }
        prop_assert_eq!(ranked.len(), report.players as usize);
    }

    #[test]
    fn every_game_that_everybody_leaves_ends_exactly_once(steps in prop::collection::vec(step(), 0..60)) {
        let mut table = played(steps, LateJoin::Zero);
        table.here = Connected::nobody(table.now);
        table.wait(LOBBY_END_MS);
        prop_assert!(table.game.ended().is_some());
        prop_assert_eq!(table.count(|entry| matches!(entry, Entry::Ended { .. })), 1);
        prop_assert_eq!(table.count(|entry| matches!(entry, Entry::Revealed { .. })),
            table.count(|entry| matches!(entry, Entry::QuestionOpened { .. })));
    }

    #[test]
    fn pauses_keep_the_time_taken(before in 0_u64..8_000, pauses in prop::collection::vec((0_u64..200_000, 0_u64..3_000), 1..4)) {
        let mut table = Table::new(vec![single()], 2);
        table.open_next();
        table.wait(before);
        let mut running = before;
        for (stopped, going) in pauses {
            table.lead(&GameCommand::Pause);
            table.wait(stopped);
            table.lead(&GameCommand::Resume);
            table.wait(going);
            running += going;
        }
        table.choose(1, 0).unwrap();
        let Entry::Answered { elapsed_ms, .. } = table.log.last().unwrap().entry else { panic!("an answer") };
        prop_assert_eq!(elapsed_ms, running);
    }
}
