use super::Fixture;
use persistence::Micros;
use persistence::games::{CreateGameError, Game, NewGame};
use protocol::ids::{GameId, PersonId, QuizId};
use protocol::quiz::Phase;

#[tokio::test]
async fn a_game_is_found_by_its_pin_and_comes_back_as_it_was_made() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let new = fixture.game("042137", 5_000);
    games.create(&new).await.unwrap();
    assert_eq!(games.by_pin("042137").await.unwrap(), Some((fixture.school, new.id)));
    assert_eq!(games.by_pin("42137").await.unwrap(), None);
    let game = Game {
        school: new.school,
        id: new.id,
        quiz: new.quiz,
        version: 1,
        owner: new.owner,
        class: None,
        title: new.title,
        pin: Some(new.pin),
        phase: Phase::Lobby,
        settings: new.settings,
        players: 0,
        opened_at: Micros(5_000),
        ended_at: None,
    };
    assert_eq!(games.get(fixture.school, new.id).await.unwrap(), Some(game));
}

#[tokio::test]
async fn a_pin_is_taken_while_its_game_is_open_and_free_after() {
    let fixture = Fixture::new().await;
    let other = Fixture::in_store(fixture.store.clone()).await;
    let games = fixture.store.games();
    let first = fixture.game("111111", 1);
    games.create(&first).await.unwrap();
    for phase in [Phase::Countdown, Phase::Open, Phase::Podium] {
        assert!(games.set_phase(fixture.school, first.id, phase, Micros(2)).await.unwrap());
        let taken = games.create(&other.game("111111", 2)).await;
        assert!(matches!(taken, Err(CreateGameError::PinTaken)), "{taken:?}");
    }
    assert!(games.set_phase(fixture.school, first.id, Phase::Ended, Micros(3)).await.unwrap());
    assert_eq!(games.by_pin("111111").await.unwrap(), None);
    let second = other.game("111111", 4);
    games.create(&second).await.unwrap();
    assert_eq!(games.by_pin("111111").await.unwrap(), Some((other.school, second.id)));
}

#[tokio::test]
async fn a_game_that_has_ended_stays_so() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let new = fixture.game("111111", 1);
    games.create(&new).await.unwrap();
    assert!(games.set_phase(fixture.school, new.id, Phase::Ended, Micros(7)).await.unwrap());
    assert!(!games.set_phase(fixture.school, new.id, Phase::Open, Micros(8)).await.unwrap());
    assert!(!games.set_phase(fixture.school, new.id, Phase::Ended, Micros(9)).await.unwrap());
    let game = games.get(fixture.school, new.id).await.unwrap().unwrap();
    assert_eq!((game.phase, game.ended_at, game.pin), (Phase::Ended, Some(Micros(7)), None));
    assert!(!games.set_phase(fixture.school, GameId::generate(), Phase::Open, Micros(8)).await.unwrap());
}

#[tokio::test]
async fn a_game_needs_a_quiz_version_and_an_owner_of_the_school() {
    let fixture = Fixture::new().await;
    let game = fixture.game("111111", 1);
    let cases = [
        NewGame { quiz: QuizId::generate(), ..game.clone() },
        NewGame { version: 2, ..game.clone() },
        NewGame { owner: PersonId::generate(), ..game.clone() },
    ];
    for case in cases {
        let create = fixture.store.games().create(&case).await;
        assert!(matches!(create, Err(CreateGameError::UnknownQuizOrOwner)), "{create:?}");
    }
    assert_eq!(fixture.store.games().by_pin("111111").await.unwrap(), None);
}

#[tokio::test]
async fn own_games_are_listed_newest_first_in_pages() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let mut made = Vec::new();
    for number in 0..5 {
        let game = fixture.game(&format!("{number:06}"), number / 2);
        games.create(&game).await.unwrap();
        made.push((game.opened_at, game.id));
    }
    made.sort_by(|a, b| b.cmp(a));
    let (school, owner) = (fixture.school, fixture.teacher);
    let first = games.list_of_owner(school, owner, None, 3).await.unwrap();
    let second = games.list_of_owner(school, owner, first.next, 3).await.unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (3, 2, None));
    let listed = first.items.iter().chain(&second.items).map(|game| (game.opened_at, game.id));
    assert_eq!(listed.collect::<Vec<_>>(), made);
    let foreign = games.list_of_owner(school, PersonId::generate(), None, 3).await.unwrap();
    assert_eq!(foreign.items, []);
}

#[tokio::test]
async fn what_is_open_is_found_without_the_school() {
    let fixture = Fixture::new().await;
    let other = Fixture::in_store(fixture.store.clone()).await;
    let games = fixture.store.games();
    let (first, second, late) = (fixture.game("111111", 1), other.game("222222", 2), other.game("333333", 9));
    for game in [&first, &second, &late] {
        games.create(game).await.unwrap();
    }
    let mut open = games.open_since_before(Micros(5)).await.unwrap();
    open.sort_unstable();
    let mut wanted = [(first.school, first.id), (second.school, second.id)];
    wanted.sort_unstable();
    assert_eq!(open, wanted);
    assert_eq!(games.open_of_owner(other.school, other.teacher).await.unwrap(), 2);
    games.set_phase(other.school, second.id, Phase::Ended, Micros(6)).await.unwrap();
    assert_eq!(games.open_since_before(Micros(5)).await.unwrap(), [(first.school, first.id)]);
    assert_eq!(games.open_of_owner(other.school, other.teacher).await.unwrap(), 1);
}

#[tokio::test]
async fn of_games_that_draw_one_pin_at_once_one_gets_it() {
    let fixture = Fixture::new().await;
    let games = fixture.store.games();
    let all = (0..8).map(|number| fixture.game("111111", number)).collect::<Vec<_>>();
    let made = futures_util::future::join_all(all.iter().map(|game| games.create(game))).await;
    let taken = made.iter().filter(|made| matches!(made, Err(CreateGameError::PinTaken))).count();
    assert_eq!(taken, 7, "{made:?}");
    let kept = games.list_of_owner(fixture.school, fixture.teacher, None, 20).await.unwrap().items;
    assert_eq!(kept.len(), 1);
    assert_eq!(games.by_pin("111111").await.unwrap(), Some((fixture.school, kept[0].id)));
}
