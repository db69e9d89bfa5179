use super::{Fixture, person};
use persistence::people::{Person, UpsertPersonError};
use protocol::ids::{PersonId, SchoolId};
use protocol::role::Role;

#[tokio::test]
async fn a_person_is_found_by_id_and_by_address_in_any_case() {
    let fixture = Fixture::new().await;
    let people = fixture.store.people();
    let ada = person(fixture.school, Role::Student, "Ada", " Ada@Example.ORG ");
    people.upsert(&ada).await.unwrap();
    let kept = Person { email: "ada@example.org".to_owned(), ..ada.clone() };
    assert_eq!(people.get(fixture.school, ada.id).await.unwrap(), Some(kept.clone()));
    assert_eq!(people.by_email(fixture.school, "ADA@example.org ").await.unwrap(), Some(kept));
    assert_eq!(people.get(fixture.school, PersonId::generate()).await.unwrap(), None);
}

#[tokio::test]
async fn keeping_a_person_again_changes_the_person() {
    let fixture = Fixture::new().await;
    let people = fixture.store.people();
    let ada = person(fixture.school, Role::Student, "Ada", "ada@example.org");
    people.upsert(&ada).await.unwrap();
    let grown = Person { role: Role::SchoolAdmin, name: "Ada L.".to_owned(), ..ada };
    people.upsert(&grown).await.unwrap();
    assert_eq!(people.get(fixture.school, grown.id).await.unwrap(), Some(grown));
}

#[tokio::test]
async fn an_address_belongs_to_one_person_but_many_may_have_none() {
    let fixture = Fixture::new().await;
    let people = fixture.store.people();
    let taken = people.upsert(&person(fixture.school, Role::Student, "Ada", "TESS@example.org")).await;
    assert!(matches!(taken, Err(UpsertPersonError::EmailTaken)), "{taken:?}");
    people.upsert(&person(fixture.school, Role::Student, "Ada", "")).await.unwrap();
    people.upsert(&person(fixture.school, Role::Student, "Bob", " ")).await.unwrap();
    assert_eq!(people.by_email(fixture.school, "").await.unwrap(), None);
}

#[tokio::test]
async fn a_person_needs_a_school() {
    let fixture = Fixture::new().await;
    let upsert = fixture.store.people().upsert(&person(SchoolId::generate(), Role::Student, "Ada", "")).await;
    assert!(matches!(upsert, Err(UpsertPersonError::UnknownSchool)), "{upsert:?}");
}
