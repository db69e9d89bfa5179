use super::table::*;
use crate::game::*;
use protocol::quiz::*;

#[test]
fn more_time_is_inside_the_decay_and_holds_the_question_open() {
    let mut table = Table::new(vec![single()], 2);
    table.lead(&GameCommand::Accommodate { participant: participant(2), time_factor: 2.0 });
    table.open_next();
    table.wait(10_000);
    table.choose(1, 0).unwrap();
    table.wait(10_100);
    assert_eq!(table.game.phase(), Phase::Open);
    assert_eq!(table.state(&guest(2)).closes_at, table.state(&guest(1)).closes_at.map(|at| at + 20_000));
    table.choose(2, 0).unwrap();
    table.wait(REVEAL_AFTER_MS);
    // 10 of 20 s and 20.1 of 40 s.
    assert_eq!((table.standing(1).0, table.standing(2).0), (750, 749));
}

#[test]
fn late_players_begin_as_the_policy_says() {
    let late = |late_join| {
        let mut table = Table::with(
            opened(vec![single(), single()], GameSettings { late_join, ..Default::default() }),
            2,
        );
        table.open_next();
        table.wait(5_000);
        table.choose(1, 0).unwrap();
        table.wait(20_000);
        table.enter(3)?;
        Ok((table.standing(3).0, table.standing(3).2, table.game.report().participants[1].late_credit))
    };
    assert_eq!(late(LateJoin::None), Err(Refusal::LateJoinRefused));
    assert_eq!(late(LateJoin::Zero), Ok((0, 2, 0)));
    // (875 + 0) / 2, rounded down.
    assert_eq!(late(LateJoin::ProRata), Ok((437, 2, 437)));
}

#[test]
fn kicked_players_stay_out_and_their_names_stay_taken() {
    let mut table = Table::new(vec![single()], 2);
    table.lead(&GameCommand::Kick { participant: participant(1) });
    assert_eq!(table.give(&guest(1), &GameCommand::State), Err(Refusal::Kicked));
    assert_eq!(table.join(&Table::request(1)), Err(Refusal::Kicked));
    let imitator = JoinRequest { name: JoinName::Chosen("PLAYER 1".into()), ..Table::request(3) };
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
    let again = JoinRequest { participant: participant(9), ..Table::request(1) };
    assert_eq!(table.join(&again), Ok(participant(1)));
    assert_eq!(table.join(&Table::request(2)), Err(Refusal::GameLocked));
}

#[test]
fn a_full_game_takes_nobody_else() {
    let settings = GameSettings { max_players: 2, ..Default::default() };
    let mut table = Table::with(opened(vec![single()], settings), 2);
    assert_eq!(table.enter(3), Err(Refusal::GameFull));
}

#[test]
fn two_pupils_of_one_name_from_the_roll_both_get_in() {
    let mut table = Table::new(vec![single()], 0);
    for (n, shown) in [(1, "Jun Li"), (2, "Jun Li 2")] {
        let person = PersonId(Uuid::from_u128(50 + n));
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
    let rename = |n: u128, to: &str| GameCommand::Rename { participant: participant(n), nickname: to.into() };
    assert_eq!(table.give(&host(), &rename(1, "player 2")), Err(Refusal::NicknameTaken));
    assert_eq!(table.give(&host(), &rename(9, "x")), Err(Refusal::UnknownParticipant));
    table.lead(&rename(1, "Ada"));
    table.lead(&rename(2, "Player 1"));
    assert!(table.pushes.iter().any(
        |push| matches!(push, Push::Player(_, PlayerPush::Renamed { nickname, .. }) if nickname == "Ada")
    ));
}

#[test]
fn a_co_host_leads_only_as_staff_and_only_while_named() {
    let person = PersonId(Uuid::from_u128(77));
    let colleague = Caller { user: UserId::person(person), person: Some(person), staff: true, latency_ms: 0 };
    let mut table = Table::new(vec![single()], 1);
    let next = GameCommand::Next { seq: None };
    assert_eq!(table.give(&colleague, &next), Err(Refusal::NotInGame));
    table.lead(&GameCommand::Cohost { person, on: true });
    assert_eq!(table.give(&Caller { staff: false, ..colleague.clone() }, &next), Err(Refusal::NotInGame));
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
    let ids = |page: &RosterPage| page.participants.iter().map(|p| p.participant).collect::<Vec<_>>();
    assert_eq!((ids(&first), first.total), (vec![participant(1), participant(3), participant(4)], 4));
    let second = page(&table, true, first.next);
    assert_eq!((ids(&second), second.next), (vec![participant(5)], None));
    assert_eq!(
        table.game.host_answers(table.now, &table.here),
        Some(HostPush::Answers { question: 0, answered: 1, expected: 5 })
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
        Refusal::InvalidSetting(Invalid::Op),
        Refusal::GameBusy,
    ];
    let codes: Vec<u32> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes, (1000..=1017).collect::<Vec<_>>());
    let names: BTreeSet<&str> = all.iter().map(Refusal::name).collect();
    assert_eq!(names.len(), all.len());
    assert!(all.iter().all(|r| r.to_string().chars().next().unwrap().is_lowercase()));
}

#[test]
fn a_time_factor_out_of_range_on_the_roll_keeps_nobody_out() {
    let mut table = Table::new(vec![single()], 0);
    for (n, on_the_roll, used) in [(1, 9.0, 3.0), (2, 0.5, 1.0), (3, f64::NAN, 1.0)] {
        table.join(&JoinRequest { time_factor: on_the_roll, ..Table::request(n) }).unwrap();
        let You::Player { time_factor, .. } = table.state(&guest(n)).you else { panic!("a player expected") };
        assert!((time_factor - used).abs() < f64::EPSILON);
    }
    let too_much = GameCommand::Accommodate { participant: participant(1), time_factor: 3.1 };
    assert!(matches!(table.give(&host(), &too_much), Err(Refusal::InvalidSetting(_))));
}
