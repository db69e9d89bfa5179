use super::Fixture;
use persistence::Micros;
use persistence::idempotency::{Claim, KEPT_FOR, KeptAnswer, KeyedRequest, LEASE};
use protocol::ids::PersonId;
use uuid::Uuid;

const NOW: Micros = Micros(1_000_000_000_000);

fn after(wait: Micros) -> Micros {
    Micros(NOW.0 + wait.0)
}

fn request(person: PersonId, print: u128) -> KeyedRequest<'static> {
    KeyedRequest { person, key: "one", fingerprint: Uuid::from_u128(print) }
}

fn answer(text: &str) -> KeptAnswer {
    let headers = vec![("etag".to_owned(), "\"1\"".to_owned())];
    KeptAnswer { status: 201, headers, body: text.as_bytes().to_vec() }
}

fn ours(claim: &Claim) -> Uuid {
    let Claim::Ours(id) = claim else { unreachable!("{claim:?}") };
    *id
}

#[tokio::test]
async fn a_request_is_carried_out_once_and_answered_as_before() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (keys, request) = (store.idempotency_keys(), request(teacher, 1));
    let claim = ours(&keys.claim(school, request, NOW).await.unwrap());
    assert_eq!(keys.claim(school, request, NOW).await.unwrap(), Claim::Running);
    keys.keep(school, request, claim, &answer("done")).await.unwrap();
    let again = keys.claim(school, request, after(LEASE)).await.unwrap();
    assert_eq!(again, Claim::Answered(answer("done")));
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_person() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let keys = store.idempotency_keys();
    let claim = ours(&keys.claim(school, request(teacher, 1), NOW).await.unwrap());
    for _ in 0..2 {
        let other = keys.claim(school, request(teacher, 2), after(LEASE)).await.unwrap();
        assert_eq!(other, Claim::OtherRequest);
        keys.keep(school, request(teacher, 1), claim, &answer("done")).await.unwrap();
    }
    let somebody = keys.claim(school, request(PersonId::generate(), 2), NOW).await.unwrap();
    ours(&somebody);
}

#[tokio::test]
async fn a_try_that_nobody_ends_gives_way_and_keeps_nothing_afterwards() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let (keys, request) = (store.idempotency_keys(), request(teacher, 1));
    let dead = ours(&keys.claim(school, request, NOW).await.unwrap());
    let early = Micros(after(LEASE).0 - 1);
    assert_eq!(keys.claim(school, request, early).await.unwrap(), Claim::Running);
    let second = ours(&keys.claim(school, request, after(LEASE)).await.unwrap());
    keys.keep(school, request, dead, &answer("dead")).await.unwrap();
    keys.release(school, request, dead).await.unwrap();
    assert_eq!(keys.claim(school, request, after(LEASE)).await.unwrap(), Claim::Running);
    keys.keep(school, request, second, &answer("second")).await.unwrap();
    assert_eq!(keys.claim(school, request, after(LEASE)).await.unwrap(), Claim::Answered(answer("second")));
}

#[tokio::test]
async fn a_key_that_is_given_back_or_a_day_old_is_a_new_one() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let keys = store.idempotency_keys();
    let claim = ours(&keys.claim(school, request(teacher, 1), NOW).await.unwrap());
    keys.release(school, request(teacher, 1), claim).await.unwrap();
    let claim = ours(&keys.claim(school, request(teacher, 2), NOW).await.unwrap());
    keys.keep(school, request(teacher, 2), claim, &answer("done")).await.unwrap();
    let kept = keys.claim(school, request(teacher, 2), Micros(after(KEPT_FOR).0 - 1)).await.unwrap();
    assert_eq!(kept, Claim::Answered(answer("done")));
    ours(&keys.claim(school, request(teacher, 3), after(KEPT_FOR)).await.unwrap());
}

#[tokio::test]
async fn of_many_tries_at_once_one_carries_it_out() {
    let Fixture { store, school, teacher, .. } = Fixture::new().await;
    let keys = store.idempotency_keys();
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let keys = keys.clone();
            tokio::spawn(async move { keys.claim(school, request(teacher, 1), NOW).await.unwrap() })
        })
        .collect();
    let mut won = 0;
    for claim in tries {
        match claim.await.unwrap() {
            Claim::Ours(_) => won += 1,
            other => assert_eq!(other, Claim::Running),
        }
    }
    assert_eq!(won, 1);
}
