//! Friends, codes and blocks.

use super::{Fixture, person};
use persistence::Micros;
use persistence::friends::{AskError, Asked, BlockError, Bond, CodeTaken};
use persistence::rosters::{EnrollmentState, OnBadRow, Place};
use protocol::ids::{ClassId, PersonId};
use protocol::role::Role;

async fn students<const N: usize>(fixture: &Fixture) -> [PersonId; N] {
    let mut ids = [PersonId::generate(); N];
    for (nth, id) in ids.iter_mut().enumerate() {
        let student = person(fixture.school, Role::Student, &format!("Student {nth}"), "");
        fixture.store.people().upsert(&student).await.unwrap();
        *id = student.id;
    }
    ids
}

async fn bond(fixture: &Fixture, person: PersonId, other: PersonId) -> Option<Bond> {
    let list = fixture.store.friends().list(fixture.school, person).await.unwrap();
    list.iter().find(|friend| friend.person == other).map(|friend| friend.bond)
}

#[tokio::test]
async fn whoever_is_asked_says_yes_by_asking_back() {
    let fixture = Fixture::new().await;
    let (school, friends) = (fixture.school, fixture.store.friends());
    let [ada, ben] = students(&fixture).await;
    let asked = friends.ask(school, ada, ben, Micros(5)).await.unwrap();
    assert_eq!(asked, Asked { bond: Bond::Asked, changed: true });
    let again = friends.ask(school, ada, ben, Micros(6)).await.unwrap();
    assert_eq!(again, Asked { bond: Bond::Asked, changed: false });
    let seen = friends.list(school, ben).await.unwrap();
    assert_eq!(
        seen.iter().map(|friend| (friend.person, friend.bond)).collect::<Vec<_>>(),
        [(ada, Bond::AsksMe)]
    );
    assert_eq!(seen[0].since, Micros(5));
    let accepted = friends.ask(school, ben, ada, Micros(7)).await.unwrap();
    assert_eq!(accepted, Asked { bond: Bond::Friends, changed: true });
    for (one, other) in [(ada, ben), (ben, ada)] {
        assert_eq!(bond(&fixture, one, other).await, Some(Bond::Friends));
        let list = friends.list(school, one).await.unwrap();
        assert_eq!((list[0].person, list[0].bond, list[0].since), (other, Bond::Friends, Micros(7)));
    }
    assert_eq!(friends.end(school, ben, ada).await.unwrap(), Some(Bond::Friends));
    assert_eq!(friends.end(school, ben, ada).await.unwrap(), None);
    assert_eq!(friends.list(school, ada).await.unwrap(), []);
}

#[tokio::test]
async fn two_who_ask_at_the_same_moment_are_friends() {
    let fixture = Fixture::new().await;
    let (school, friends) = (fixture.school, fixture.store.friends());
    let [ada, ben] = students(&fixture).await;
    for round in 0..20 {
        let (one, other) = tokio::join!(
            friends.ask(school, ada, ben, Micros(round)),
            friends.ask(school, ben, ada, Micros(round))
        );
        let bonds = [one.unwrap().bond, other.unwrap().bond];
        assert!(bonds.contains(&Bond::Friends), "{bonds:?}");
        assert_eq!(bond(&fixture, ada, ben).await, Some(Bond::Friends));
        friends.end(school, ada, ben).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_asks_themselves_strangers_or_those_behind_a_block() {
    let fixture = Fixture::new().await;
    let (school, friends) = (fixture.school, fixture.store.friends());
    let [ada, ben] = students(&fixture).await;
    assert!(matches!(friends.ask(school, ada, ada, Micros(5)).await, Err(AskError::Oneself)));
    let stranger = friends.ask(school, ada, PersonId::generate(), Micros(5)).await;
    assert!(matches!(stranger, Err(AskError::UnknownPerson)));
    assert!(matches!(friends.block(school, ada, ada, Micros(5)).await, Err(BlockError::Oneself)));
    friends.ask(school, ada, ben, Micros(5)).await.unwrap();
    friends.block(school, ben, ada, Micros(6)).await.unwrap();
    friends.block(school, ben, ada, Micros(7)).await.unwrap();
    assert_eq!(bond(&fixture, ada, ben).await, None, "a block ends what there was");
    for (by, whom) in [(ada, ben), (ben, ada)] {
        assert!(matches!(friends.ask(school, by, whom, Micros(8)).await, Err(AskError::UnknownPerson)));
        assert!(friends.block_among(school, by, &[PersonId::generate(), whom]).await.unwrap());
    }
    let blocked = friends.blocked(school, ben).await.unwrap();
    assert_eq!(blocked.iter().map(|one| (one.person, one.since)).collect::<Vec<_>>(), [(ada, Micros(6))]);
    assert_eq!(friends.blocked(school, ada).await.unwrap(), []);
    assert!(!friends.block_among(school, ada, &[PersonId::generate()]).await.unwrap());
    assert!(!friends.unblock(school, ada, ben).await.unwrap(), "the other's block stays");
    assert!(friends.unblock(school, ben, ada).await.unwrap());
    friends.ask(school, ada, ben, Micros(9)).await.unwrap();
}

#[tokio::test]
async fn a_code_is_one_persons_and_a_new_one_takes_its_place() {
    let fixture = Fixture::new().await;
    let (school, friends) = (fixture.school, fixture.store.friends());
    let [ada, ben] = students(&fixture).await;
    assert_eq!(friends.code(school, ada).await.unwrap(), None);
    friends.set_code(school, ada, "one").await.unwrap();
    friends.set_code(school, ada, "one").await.unwrap();
    assert!(matches!(friends.set_code(school, ben, "one").await, Err(CodeTaken::Taken)));
    friends.set_code(school, ada, "two").await.unwrap();
    assert_eq!(friends.code(school, ada).await.unwrap().as_deref(), Some("two"));
    assert_eq!(friends.by_code(school, "two").await.unwrap(), Some(ada));
    assert_eq!(friends.by_code(school, "one").await.unwrap(), None);
    let nobody = friends.set_code(school, PersonId::generate(), "three").await;
    assert!(matches!(nobody, Err(CodeTaken::UnknownPerson)));
}

#[tokio::test]
async fn those_of_most_common_classes_are_suggested_first() {
    let fixture = Fixture::new().await;
    let (school, friends, rosters) = (fixture.school, fixture.store.friends(), fixture.store.rosters());
    let [ada, both, one, gone, asked, blocks] = students(&fixture).await;
    let classes = [ClassId::generate(), ClassId::generate()];
    let place = |person, state| Place { person, role: Role::Student, state, time_factor: 1.0 };
    use EnrollmentState::{Active, Withdrawn};
    for class in classes {
        fixture.store.classes().ensure(school, class, "5a").await.unwrap();
        let teacher = Place { role: Role::Teacher, ..place(fixture.teacher, Active) };
        let places = [teacher, place(ada, Active), place(both, Active), place(gone, Withdrawn)];
        rosters.enroll_many(school, class, &places, OnBadRow::TakeNone, Micros(5)).await.unwrap();
    }
    let more = [place(one, Active), place(asked, Active), place(blocks, Active)];
    rosters.enroll_many(school, classes[0], &more, OnBadRow::TakeNone, Micros(5)).await.unwrap();
    friends.ask(school, asked, ada, Micros(6)).await.unwrap();
    friends.block(school, blocks, ada, Micros(6)).await.unwrap();
    let found = friends.suggestions(school, ada, 9).await.unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.person, one.classes)).collect();
    assert_eq!(found, [(both, 2), (one, 1)]);
    assert_eq!(friends.suggestions(school, ada, 1).await.unwrap().len(), 1);
    assert_eq!(friends.suggestions(school, gone, 9).await.unwrap(), []);
}
