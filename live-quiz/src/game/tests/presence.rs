use super::table::*;
use crate::game::*;
use protocol::quiz::*;

#[test]
fn the_question_closes_when_all_connected_players_have_answered() {
    let mut table = Table::new(vec![single()], 3);
    table.leave(3);
    table.wait(LINGER_MS);
    table.open_next();
    table.choose(1, 0).unwrap();
    assert_eq!(table.game.phase(), Phase::Open);
    table.choose(2, 0).unwrap();
    assert_eq!(table.game.phase(), Phase::Closed);
}

#[test]
fn a_player_who_reloads_is_waited_for() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.leave(2);
    table.choose(1, 0).unwrap();
    table.wait(2_000);
    assert_eq!(table.game.phase(), Phase::Open);
    table.here.connect(&guest(2).user, false, table.now);
    table.wait(4_000);
    assert_eq!(table.game.phase(), Phase::Open);
    table.choose(2, 0).unwrap();
    assert_eq!(table.game.phase(), Phase::Closed);
}

#[test]
fn a_player_who_stays_away_is_not_waited_for() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.leave(2);
    table.choose(1, 0).unwrap();
    table.wait(LINGER_MS);
    assert_eq!(table.game.phase(), Phase::Closed);
}

#[test]
fn a_slower_player_who_leaves_holds_the_question_only_for_a_moment() {
    let mut table = Table::new(vec![single()], 2);
    table.lead(&GameCommand::Accommodate { participant: participant(2), time_factor: 3.0 });
    table.open_next();
    table.wait(18_000);
    table.leave(2);
    table.wait(2_500);
    assert_eq!(table.game.phase(), Phase::Open);
    table.wait(2_500);
    assert_eq!(table.game.phase(), Phase::Closed);
}

#[test]
fn a_takeover_in_mid_question_keeps_it_open_until_clients_are_back() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.choose(1, 0).unwrap();
    table.here = Connected::nobody(table.now);
    table.wait(4_000);
    assert_eq!(table.game.phase(), Phase::Open);
    table.here.connect(&guest(2).user, false, table.now);
    table.choose(2, 0).unwrap();
    assert_eq!(table.count(|entry| matches!(entry, Entry::Answered { .. })), 2);
}

#[test]
fn without_a_host_the_game_pauses_and_goes_on_when_one_is_back() {
    let mut table = Table::new(vec![single()], 1);
    table.next();
    table.wait(1_000);
    table.here.disconnect(&host().user, true, table.now);
    table.wait(1_000);
    table.here.connect(&host().user, true, table.now);
    table.wait(1_000);
    assert_eq!((table.game.phase(), table.game.pause()), (Phase::Open, None));
    table.choose(1, 0).unwrap();
    table.wait(REVEAL_AFTER_MS);
    table.here.disconnect(&host().user, true, table.now);
    table.wait(HOST_GONE_PAUSE_MS);
    assert_eq!(table.game.pause(), Some(PauseReason::HostGone));
    table.here.connect(&host().user, true, table.now);
    table.settle();
    assert_eq!(table.game.pause(), None);
}

#[test]
fn an_open_question_runs_to_its_close_without_a_host() {
    let mut table = Table::new(vec![single()], 2);
    table.open_next();
    table.here.disconnect(&host().user, true, table.now);
    table.wait(19_000);
    assert_eq!((table.game.phase(), table.game.pause()), (Phase::Open, None));
    table.choose(1, 0).unwrap();
    table.wait(1_000);
    assert_eq!((table.game.phase(), table.game.pause()), (Phase::Closed, Some(PauseReason::HostGone)));
    table.wait(60_000);
    table.here.connect(&host().user, true, table.now);
    table.wait(REVEAL_AFTER_MS);
    assert_eq!((table.game.phase(), table.game.pause()), (Phase::Reveal, None));
}

#[test]
fn a_host_who_does_not_come_back_ends_the_game() {
    let mut table = Table::new(vec![single()], 1);
    table.next();
    table.here.disconnect(&host().user, true, table.now);
    table.wait(HOST_GONE_END_MS);
    assert_eq!(table.game.ended().unwrap().0, EndReason::Abandoned);
}

#[test]
fn a_lobby_waits_two_hours() {
    let mut table = Table::new(vec![single()], 1);
    table.here.disconnect(&host().user, true, table.now);
    table.leave(1);
    table.wait(LOBBY_END_MS - 1);
    assert_eq!(table.game.phase(), Phase::Lobby);
    table.wait(1);
    assert_eq!(table.game.ended().unwrap().0, EndReason::Abandoned);
}

#[test]
fn with_auto_advance_the_game_plays_itself_to_the_podium() {
    let settings = GameSettings { auto_advance: true, ..Default::default() };
    let mut table = Table::with(opened(vec![single(), single()], settings), 1);
    table.next();
    table.wait(2 * (3_000 + 20_000 + REVEAL_AFTER_MS + AUTO_REVEAL_MS) + AUTO_BOARD_MS);
    assert_eq!(table.game.phase(), Phase::Podium);
}
