use super::{Fixture, content, person};
use persistence::Micros;
use persistence::quizzes::{CreateQuizError, Quiz, QuizFilter, QuizSummary, UpdateQuizError};
use protocol::ids::{PersonId, QuizId};
use protocol::role::Role;

#[tokio::test]
async fn a_quiz_comes_back_as_it_was_written() {
    let fixture = Fixture::new().await;
    let quiz = fixture.store.quizzes().get(fixture.school, fixture.quiz).await.unwrap();
    let written = Quiz {
        id: fixture.quiz,
        owner: fixture.teacher,
        version: 1,
        content: content("Rivers"),
        updated_at: Micros(1_000),
        archived: false,
    };
    assert_eq!(quiz, Some(written));
    assert_eq!(fixture.store.quizzes().get(fixture.school, QuizId::generate()).await.unwrap(), None);
}

#[tokio::test]
async fn an_update_makes_a_version_and_leaves_the_old_one() {
    let fixture = Fixture::new().await;
    let (school, quiz, quizzes) = (fixture.school, fixture.quiz, fixture.store.quizzes());
    let mut longer = content("Rivers and lakes");
    longer.questions.extend(content("").questions);
    assert_eq!(quizzes.update(school, quiz, 1, &longer, Micros(2_000)).await.unwrap(), 2);
    let newest = quizzes.get(school, quiz).await.unwrap().unwrap();
    assert_eq!((newest.version, newest.updated_at, &newest.content), (2, Micros(2_000), &longer));
    assert_eq!(quizzes.get_version(school, quiz, 2).await.unwrap(), Some(newest));
    let first = quizzes.get_version(school, quiz, 1).await.unwrap().unwrap();
    assert_eq!((first.version, first.content), (1, content("Rivers")));
    assert_eq!(quizzes.get_version(school, quiz, 3).await.unwrap(), None);
    let versions = quizzes.versions(school, quiz).await.unwrap();
    let told: Vec<_> = versions.iter().map(|v| (v.version, v.title.as_str(), v.questions)).collect();
    assert_eq!(told, [(2, "Rivers and lakes", 4), (1, "Rivers", 2)]);
}

#[tokio::test]
async fn of_two_updates_of_one_version_the_second_is_told_of_the_first() {
    let fixture = Fixture::new().await;
    let (school, quiz, quizzes) = (fixture.school, fixture.quiz, fixture.store.quizzes());
    quizzes.update(school, quiz, 1, &content("Mine"), Micros(2_000)).await.unwrap();
    let late = quizzes.update(school, quiz, 1, &content("Yours"), Micros(3_000)).await;
    assert!(matches!(late, Err(UpdateQuizError::Conflict { current: 2 })), "{late:?}");
    assert_eq!(quizzes.get(school, quiz).await.unwrap().unwrap().content.title, "Mine");
    assert_eq!(quizzes.versions(school, quiz).await.unwrap().len(), 2);
    let unknown = quizzes.update(school, QuizId::generate(), 1, &content("Mine"), Micros(4_000)).await;
    assert!(matches!(unknown, Err(UpdateQuizError::UnknownQuiz)), "{unknown:?}");
}

#[tokio::test]
async fn seeding_twice_makes_one_quiz_and_keeps_edits() {
    let fixture = Fixture::new().await;
    let (school, teacher, quizzes) = (fixture.school, fixture.teacher, fixture.store.quizzes());
    let id = QuizId::generate();
    assert!(quizzes.ensure(school, id, teacher, &content("Seed"), Micros(1)).await.unwrap());
    quizzes.update(school, id, 1, &content("Edited"), Micros(2)).await.unwrap();
    assert!(!quizzes.ensure(school, id, teacher, &content("Seed"), Micros(3)).await.unwrap());
    let kept = quizzes.get(school, id).await.unwrap().unwrap();
    assert_eq!((kept.version, kept.content.title.as_str()), (2, "Edited"));
}

#[tokio::test]
async fn a_quiz_needs_an_owner_of_the_school() {
    let fixture = Fixture::new().await;
    let quizzes = fixture.store.quizzes();
    let create = quizzes.create(fixture.school, PersonId::generate(), &content("Lost"), Micros(1)).await;
    assert!(matches!(create, Err(CreateQuizError::UnknownOwner)), "{create:?}");
    let all = quizzes.list(fixture.school, &QuizFilter::default(), None, 10).await.unwrap();
    assert_eq!(all.items.len(), 1);
}

#[tokio::test]
async fn an_archived_quiz_leaves_the_list_and_comes_back() {
    let fixture = Fixture::new().await;
    let (school, quiz, quizzes) = (fixture.school, fixture.quiz, fixture.store.quizzes());
    let listed = async |archived| {
        let filter = QuizFilter { archived, ..QuizFilter::default() };
        quizzes.list(school, &filter, None, 10).await.unwrap().items.len()
    };
    assert_eq!((listed(false).await, listed(true).await), (1, 0));
    assert!(quizzes.set_archived(school, quiz, true).await.unwrap());
    assert_eq!((listed(false).await, listed(true).await), (0, 1));
    assert!(quizzes.get(school, quiz).await.unwrap().unwrap().archived);
    assert!(quizzes.set_archived(school, quiz, false).await.unwrap());
    assert_eq!((listed(false).await, listed(true).await), (1, 0));
    assert!(!quizzes.set_archived(school, QuizId::generate(), true).await.unwrap());
}

#[tokio::test]
async fn a_summary_tells_of_the_newest_version() {
    let fixture = Fixture::new().await;
    let (school, quizzes) = (fixture.school, fixture.store.quizzes());
    quizzes.update(school, fixture.quiz, 1, &content("Lakes"), Micros(2_000)).await.unwrap();
    let list = quizzes.list(school, &QuizFilter::default(), None, 10).await.unwrap();
    let summary = QuizSummary {
        id: fixture.quiz,
        owner: fixture.teacher,
        version: 2,
        title: "Lakes".to_owned(),
        description: "Für die 5. Klasse".to_owned(),
        questions: 2,
        updated_at: Micros(2_000),
        archived: false,
        cover: content("").questions[1].image.clone(),
    };
    assert_eq!((list.items, list.next), (vec![summary], None));
}

#[tokio::test]
async fn pages_show_every_quiz_once_even_among_equal_times() {
    let fixture = Fixture::new().await;
    let (school, teacher, quizzes) = (fixture.school, fixture.teacher, fixture.store.quizzes());
    for number in 0..10 {
        let title = format!("Quiz {number}");
        quizzes.create(school, teacher, &content(&title), Micros(number / 5)).await.unwrap();
    }
    let filter = QuizFilter { text: "quiz".to_owned(), ..QuizFilter::default() };
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = quizzes.list(school, &filter, after, 4).await.unwrap();
        assert!(page.items.len() <= 4);
        seen.extend(page.items.into_iter().map(|quiz| (quiz.updated_at, quiz.id)));
        pages += 1;
        // Through its text form, as it travels to clients and back.
        after = page.next.map(|cursor| cursor.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (10, 3));
    assert!(seen.is_sorted_by(|before, behind| before > behind));
}

#[tokio::test]
async fn a_search_is_literal_and_folds_case_beyond_ascii() {
    let fixture = Fixture::new().await;
    let (school, quizzes) = (fixture.school, fixture.store.quizzes());
    let other = person(school, Role::Teacher, "Omar", "omar@example.org");
    fixture.store.people().upsert(&other).await.unwrap();
    quizzes.create(school, other.id, &content("ÜBUNG 100% sicher_heit"), Micros(5)).await.unwrap();
    let found = async |text: &str, owner| {
        let filter = QuizFilter { text: text.to_owned(), owner, archived: false };
        quizzes.list(school, &filter, None, 10).await.unwrap().items.len()
    };
    assert_eq!(found(" übung ", None).await, 1);
    assert_eq!(found("FÜR DIE", None).await, 2);
    assert_eq!(found("100%", None).await, 1);
    assert_eq!(found("%", None).await, 1);
    assert_eq!(found("sicher_heit", None).await, 1);
    assert_eq!(found("r_v", None).await, 0);
    assert_eq!(found("\\", None).await, 0);
    assert_eq!(found("'; DROP TABLE quiz; --", None).await, 0);
    assert_eq!(found("", Some(other.id)).await, 1);
    assert_eq!(found("übung", Some(fixture.teacher)).await, 0);
}

#[tokio::test]
async fn of_updates_at_once_one_makes_the_version_and_the_others_are_told() {
    let fixture = Fixture::new().await;
    let (school, quiz, quizzes) = (fixture.school, fixture.quiz, fixture.store.quizzes());
    let mine = content("Mine");
    let made = (0..8).map(|_| quizzes.update(school, quiz, 1, &mine, Micros(2_000)));
    let made = futures_util::future::join_all(made).await;
    let told =
        made.iter().filter(|made| matches!(made, Err(UpdateQuizError::Conflict { current: 2 }))).count();
    assert_eq!(told, 7, "{made:?}");
    assert_eq!(quizzes.versions(school, quiz).await.unwrap().len(), 2);
}
