use super::table::*;
use crate::game::*;
use protocol::quiz::*;

#[test]
fn a_whole_game_goes_through_its_phases() {
    let mut table = Table::new(vec![single(), single()], 2);
    table.next();
    assert_eq!(table.game.phase(), Phase::Countdown);
    table.wait(3_000);
    assert_eq!(table.game.phase(), Phase::Open);
    table.wait(2_000);
    table.choose(1, 0).unwrap();
    table.choose(2, 1).unwrap();
    assert_eq!(table.game.phase(), Phase::Closed);
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.game.phase(), Phase::Reveal);
    assert_eq!(table.standing(1), (950, 1, 1));
    assert_eq!(table.standing(2), (0, 0, 2));
    table.next();
    assert_eq!(table.game.phase(), Phase::Board);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.wait(20_000 + REVEAL_AFTER_MS);
    assert_eq!(table.standing(1), (950 + 1_000 + 100, 2, 1));
    table.next();
    assert_eq!(table.game.phase(), Phase::Podium);
    table.next();
    assert_eq!(table.game.ended().unwrap().0, EndReason::Finished);
    assert_eq!(
        table.give(&host(), &GameCommand::Next { seq: None }),
        Err(Refusal::WrongPhase)
    );
}

#[test]
fn scores_change_only_at_the_reveal() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.choose(1, 0).unwrap();
    assert_eq!(table.standing(1), (0, 0, 1));
    table.choose(2, 1).unwrap();
    assert_eq!(
        (table.game.phase(), table.standing(1)),
        (Phase::Closed, (0, 0, 1))
    );
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.standing(1), (1_000, 1, 1));
}

#[test]
fn a_result_tells_rank_and_neighbours() {
    let mut table = Table::new(vec![single()], 3);
    table.open_next();
    table.choose(2, 0).unwrap();
    table.wait(10_000);
    table.choose(3, 0).unwrap();
    table.wait(11_000);
    let PlayerPush::Result { result, .. } = table.results()[1] else {
        panic!("a result expected")
    };
    assert_eq!((result.rank, result.of, result.score), (2, 3, 750));
    assert_eq!(
        result.ahead,
        Some(Neighbour {
            nickname: "Player 2".into(),
            gap: 250
        })
    );
    assert_eq!(
        result.behind,
        Some(Neighbour {
            nickname: "Player 1".into(),
            gap: 750
        })
    );
    assert_eq!(table.results().len(), 3);
}

#[test]
fn equal_scores_share_a_rank_and_the_next_is_skipped() {
    let mut table = Table::new(vec![single(), single()], 3);
    table.open_next();
    table.choose(2, 0).unwrap();
    table.choose(3, 0).unwrap();
    table.next();
    let ranks = |board: Board| {
        board
            .top
            .into_iter()
            .map(|r| (r.rank, r.previous_rank))
            .collect::<Vec<_>>()
    };
    table.next();
    assert_eq!(
        ranks(table.state(&host()).board.unwrap()),
        [(1, None), (1, None), (3, None)]
    );
    table.open_next();
    table.choose(1, 0).unwrap();
    table.next();
    table.next();
    assert_eq!(
        ranks(table.state(&host()).board.unwrap()),
        [(1, Some(3)), (1, Some(1)), (1, Some(1))]
    );
}

#[test]
fn more_time_is_inside_the_decay_and_holds_the_question_open() {
    let mut table = Table::new(vec![single()], 2);
    table.lead(&GameCommand::Accommodate {
        participant: participant(2),
        time_factor: 2.0,
    });
    table.open_next();
    table.wait(10_000);
    table.choose(1, 0).unwrap();
    table.wait(10_100);
    assert_eq!(table.game.phase(), Phase::Open);
    assert_eq!(
        table.state(&guest(2)).closes_at,
        table.state(&guest(1)).closes_at.map(|at| at + 20_000)
    );
    table.choose(2, 0).unwrap();
    table.wait(REVEAL_AFTER_MS);
    // 10 of 20 s and 20.1 of 40 s.
    assert_eq!((table.standing(1).0, table.standing(2).0), (750, 749));
}

#[test]
fn an_answer_in_flight_at_the_end_is_taken_within_its_credit() {
    let mut table = Table::new(vec![single()], 3);
    table.open_next();
    table.wait(20_080);
    assert_eq!(table.game.phase(), Phase::Closed);
    let near = Caller {
        latency_ms: 10,
        ..guest(1)
    };
    let far = Caller {
        latency_ms: 90,
        ..guest(2)
    };
    assert_eq!(
        table.answer(&near, "op", AnswerValue::Choice(0)),
        Err(Refusal::TooLate)
    );
    assert_eq!(
        table.answer(&far, "op", AnswerValue::Choice(0)),
        Ok(Outcome::Accepted)
    );
    table.wait(GRACE_MS);
    assert_eq!(
        table.answer(
            &Caller {
                latency_ms: 500,
                ..guest(3)
            },
            "op",
            AnswerValue::Choice(0)
        ),
        Err(Refusal::TooLate)
    );
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.standing(2).0, 501);
}

#[test]
fn a_pause_takes_no_time_from_anybody() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.wait(4_000);
    table.lead(&GameCommand::Pause);
    table.wait(60_000);
    assert_eq!(table.choose(1, 0), Err(Refusal::GamePaused));
    assert_eq!(
        table.give(&host(), &GameCommand::Next { seq: None }),
        Err(Refusal::GamePaused)
    );
    table.lead(&GameCommand::Resume);
    table.wait(4_000);
    table.choose(1, 0).unwrap();
    table.wait(11_999);
    assert_eq!(table.game.phase(), Phase::Open);
    table.wait(1 + REVEAL_AFTER_MS);
    // 8 of 20 s.
    assert_eq!((table.game.phase(), table.standing(1).0), (Phase::Reveal, 800));
}

#[test]
fn added_time_keeps_the_question_open_and_does_not_slow_the_decay() {
    let mut table = Table::new(vec![single()], 1);
    table.open_next();
    table.lead(&GameCommand::AddTime { seconds: 10 });
    table.wait(25_000);
    table.choose(1, 0).unwrap();
    table.wait(REVEAL_AFTER_MS);
    assert_eq!(table.standing(1).0, 500);
    assert!(matches!(
        table.give(&host(), &GameCommand::AddTime { seconds: 121 }),
        Err(Refusal::InvalidSetting(_))
    ));
}

#[test]
fn late_players_begin_as_the_policy_says() {
    let late = |late_join| {
        let mut table = Table::with(
            opened(
                vec![single(), single()],
                GameSettings {
                    late_join,
                    ..Default::default()
                },
            ),
            2,
        );
        table.open_next();
        table.wait(5_000);
        table.choose(1, 0).unwrap();
        table.wait(20_000);
        table.enter(3)?;
        Ok((
            table.standing(3).0,
            table.standing(3).2,
            table.game.report().participants[1].late_credit,
        ))
    };
    assert_eq!(late(LateJoin::None), Err(Refusal::LateJoinRefused));
    assert_eq!(late(LateJoin::Zero), Ok((0, 2, 0)));
    // (875 + 0) / 2, rounded down.
    assert_eq!(late(LateJoin::ProRata), Ok((437, 2, 437)));
}

#[test]
fn skipping_the_announced_question_leaves_no_trace_on_the_board() {
    let mut table = Table::new(vec![single(), single()], 1);
    table.next();
    table.lead(&GameCommand::Skip);
    assert_eq!(table.game.phase(), Phase::Countdown);
    table.wait(3_000);
    table.choose(1, 0).unwrap();
    table.wait(REVEAL_AFTER_MS);
    table.next();
    assert_eq!(table.game.phase(), Phase::Podium);
    let played: Vec<bool> = table.game.report().questions.iter().map(|q| q.played).collect();
    assert_eq!(played, [false, true]);
}

#[test]
fn skipping_all_questions_ends_without_a_podium() {
    let mut table = Table::new(vec![single()], 1);
    table.next();
    table.lead(&GameCommand::Skip);
    assert_eq!(table.game.ended().unwrap().0, EndReason::Host);
}

#[test]
fn a_crash_between_the_entries_of_a_skip_leaves_a_game_that_goes_on() {
    let mut table = Table::new(vec![single(), single()], 1);
    table.next();
    table.append(vec![Entry::QuestionDropped { question: 0 }]);
    table.settle();
    table.open_next();
    assert_eq!(table.game.rounds.last().unwrap().question, 1);
}

#[test]
fn ending_in_mid_question_counts_its_answers() {
    let mut table = Table::new(vec![single(), single()], 2);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.lead(&GameCommand::End);
    assert_eq!((table.game.phase(), table.standing(1).0), (Phase::Podium, 1_000));
    table.next();
    assert_eq!(table.game.ended().unwrap().0, EndReason::Host);
}

#[test]
fn a_stale_next_is_refused_so_two_clicks_do_one_step() {
    let mut table = Table::new(vec![single()], 1);
    let seq = Some(table.game.phase_seq());
    table.lead(&GameCommand::Next { seq });
    assert_eq!(
        table.give(&host(), &GameCommand::Next { seq }),
        Err(Refusal::StaleCommand)
    );
}

#[test]
fn kicked_players_stay_out_and_their_names_stay_taken() {
    let mut table = Table::new(vec![single()], 2);
    table.lead(&GameCommand::Kick {
        participant: participant(1),
    });
    assert_eq!(table.give(&guest(1), &GameCommand::State), Err(Refusal::Kicked));
    assert_eq!(table.join(&Table::request(1)), Err(Refusal::Kicked));
    let imitator = JoinRequest {
        name: JoinName::Chosen("PLAYER 1".into()),
        ..Table::request(3)
    };
    assert_eq!(table.join(&imitator), Err(Refusal::NicknameTaken));
    table.open_next();
    assert_eq!(table.choose(1, 0), Err(Refusal::Kicked));
    table.choose(2, 0).unwrap();
    assert_eq!(table.game.phase(), Phase::Closed);
    assert_eq!((table.game.players(), table.state(&host()).players), (1, 1));
}

#[test]
fn joining_again_gives_the_same_participant_even_when_locked() {
    let mut table = Table::new(vec![single()], 1);
    table.lead(&GameCommand::Lock { locked: true });
    let again = JoinRequest {
        participant: participant(9),
        ..Table::request(1)
    };
    assert_eq!(table.join(&again), Ok(participant(1)));
    assert_eq!(table.join(&Table::request(2)), Err(Refusal::GameLocked));
}

#[test]
fn a_full_game_takes_nobody_else() {
    let settings = GameSettings {
        max_players: 2,
        ..Default::default()
    };
    let mut table = Table::with(opened(vec![single()], settings), 2);
    assert_eq!(table.enter(3), Err(Refusal::GameFull));
}

#[test]
fn two_pupils_of_one_name_from_the_roll_both_get_in() {
    let mut table = Table::new(vec![single()], 0);
    for (n, shown) in [(1, "Jun Li"), (2, "Jun Li 2")] {
        let person = PersonId(uuid::Uuid::from_u128(50 + n));
        let request = JoinRequest {
            user: UserId::person(person),
            person: Some(person),
            name: JoinName::Roll("Jun Li".into()),
            ..Table::request(n)
        };
        assert_eq!(table.game.join(&request).unwrap().nickname, shown);
        table.join(&request).unwrap();
    }
}

#[test]
fn a_rename_frees_the_old_name_and_refuses_a_taken_one() {
    let mut table = Table::new(vec![single()], 2);
    let rename = |n: u128, to: &str| GameCommand::Rename {
        participant: participant(n),
        nickname: to.into(),
    };
    assert_eq!(
        table.give(&host(), &rename(1, "player 2")),
        Err(Refusal::NicknameTaken)
    );
    assert_eq!(
        table.give(&host(), &rename(9, "x")),
        Err(Refusal::UnknownParticipant)
    );
    table.lead(&rename(1, "Ada"));
    table.lead(&rename(2, "Player 1"));
    assert!(table.pushes.iter().any(
        |push| matches!(push, Push::Player(_, PlayerPush::Renamed { nickname, .. }) if nickname == "Ada")
    ));
}

#[test]
fn a_co_host_leads_only_as_staff_and_only_while_named() {
    let person = PersonId(uuid::Uuid::from_u128(77));
    let colleague = Caller {
        user: UserId::person(person),
        person: Some(person),
        staff: true,
        latency_ms: 0,
    };
    let mut table = Table::new(vec![single()], 1);
    let next = GameCommand::Next { seq: None };
    assert_eq!(table.give(&colleague, &next), Err(Refusal::NotInGame));
    table.lead(&GameCommand::Cohost { person, on: true });
    assert_eq!(
        table.give(
            &Caller {
                staff: false,
                ..colleague.clone()
            },
            &next
        ),
        Err(Refusal::NotInGame)
    );
    assert_eq!(table.give(&colleague, &next), Ok(Outcome::Done));
    table.lead(&GameCommand::Cohost { person, on: false });
    assert_eq!(table.give(&colleague, &next), Err(Refusal::NotInGame));
}

#[test]
fn the_roster_comes_in_pages_and_shows_who_is_missing() {
    let mut table = Table::new(vec![single()], 5);
    table.open_next();
    table.choose(2, 0).unwrap();
    let page =
        |table: &Table, missing, after| table.game.roster(&table.here, missing, after, Some(3)).unwrap();
    let first = page(&table, true, None);
    let ids = |page: &RosterPage| {
        page.participants
            .iter()
            .map(|p| p.participant)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (ids(&first), first.total),
        (vec![participant(1), participant(3), participant(4)], 4)
    );
    let second = page(&table, true, first.next);
    assert_eq!((ids(&second), second.next), (vec![participant(5)], None));
    assert_eq!(
        table.game.host_answers(table.now, &table.here),
        Some(HostPush::Answers {
            question: 0,
            answered: 1,
            expected: 5
        })
    );
}

#[test]
fn a_poll_gives_no_points_and_keeps_the_streak() {
    let mut table = Table::new(vec![single(), poll()], 1);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.next();
    table.next();
    table.open_next();
    table.choose(1, 1).unwrap();
    table.next();
    assert_eq!(table.standing(1), (1_000, 1, 1));
    let reveal = table.state(&guest(1)).reveal.unwrap();
    assert_eq!(
        (reveal.solution, reveal.distribution.counts),
        (Solution::default(), Some(vec![0, 1]))
    );
    assert!(
        matches!(table.results().last(), Some(PlayerPush::Result { result, .. }) if result.correct.is_none())
    );
}

#[test]
fn every_refusal_has_its_own_code_and_a_text_that_says_what_to_do() {
    use crate::nickname::NicknameError;
    let all = [
        Refusal::GameNotFound,
        Refusal::NotInGame,
        Refusal::HostOnly,
        Refusal::WrongPhase,
        Refusal::AlreadyAnswered,
        Refusal::InvalidAnswer,
        Refusal::TooLate,
        Refusal::GamePaused,
        Refusal::GameFull,
        Refusal::GameLocked,
        Refusal::NicknameTaken,
        Refusal::NicknameRefused(NicknameError::Empty),
        Refusal::LateJoinRefused,
        Refusal::Kicked,
        Refusal::UnknownParticipant,
        Refusal::StaleCommand,
        Refusal::InvalidSetting("choose less"),
        Refusal::GameBusy,
    ];
    let codes: Vec<u32> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes, (1000..=1017).collect::<Vec<_>>());
    let names: std::collections::BTreeSet<&str> = all.iter().map(Refusal::name).collect();
    assert_eq!(names.len(), all.len());
    assert!(
        all.iter()
            .all(|r| r.to_string().chars().next().unwrap().is_lowercase())
    );
}
