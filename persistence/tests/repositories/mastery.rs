use super::{Fixture, content, finish::report, person};
use persistence::items::item_ids;
use persistence::mastery::{
    AnswerEvent, Asked, Card, Change, Known, LearnError, MAX_ANSWERS, Mastery, Shown, Source,
};
use persistence::{Micros, Store};
use protocol::ids::{ClassId, ItemId, PersonId, QuizId, SchoolId, SkillId};
use protocol::quiz::QuizContent;
use protocol::role::Role;
use std::sync::Arc;
use uuid::Uuid;

/// A school with two students and a quiz whose questions exercise a skill.
pub(crate) struct Practice {
    pub(crate) fixture: Fixture,
    pub(crate) skill: SkillId,
    pub(crate) students: [PersonId; 2],
    pub(crate) items: Vec<ItemId>,
    pub(crate) content: QuizContent,
}

impl Practice {
    pub(crate) async fn new() -> Self {
        Self::of(Fixture::new().await).await
    }

    pub(crate) async fn of(fixture: Fixture) -> Self {
        let (store, school, skill) = (&fixture.store, fixture.school, SkillId::generate());
        store.skills().create(school, skill, "Rivers", Micros(5)).await.unwrap();
        let students = ["Ada", "Ben"].map(|name| person(school, Role::Student, name, ""));
        for student in &students {
            store.people().upsert(student).await.unwrap();
        }
        let mut content = content("Rivers");
        for question in &mut content.questions {
            question.skills = vec![skill];
        }
        let current = store.quizzes().get(school, fixture.quiz).await.unwrap().unwrap().version;
        store.quizzes().update(school, fixture.quiz, current, &content, Micros(2_000)).await.unwrap();
        let items = item_ids(fixture.quiz, &content).into_iter().flatten().collect();
        let students = students.map(|student| student.id);
        Self { skill, students, items, content, fixture }
    }

    fn store(&self) -> &Store {
        &self.fixture.store
    }

    fn school(&self) -> SchoolId {
        self.fixture.school
    }

    pub(crate) fn asked(&self, index: u32) -> Asked {
        let item = self.items[index as usize];
        Asked { item, quiz: self.fixture.quiz, version: 2, question: index, order: vec![] }
    }

    pub(crate) fn answer(&self, student: usize, index: u32, id: u128) -> AnswerEvent {
        AnswerEvent {
            id: Uuid::from_u128(id),
            person: self.students[student],
            asked: self.asked(index),
            source: Source::Game,
            correct: Some(true),
            elapsed_ms: Some(1_500),
            occurred_at: Micros(10_000 + i64::try_from(id).unwrap()),
        }
    }

    async fn answers(&self, student: usize) -> Vec<u32> {
        let all = self.store().mastery().of_person(self.school(), self.students[student]).await.unwrap();
        all.into_iter().map(|skill| skill.mastery.answers).collect()
    }
}

/// Counts.
pub(crate) fn counting(event: &AnswerEvent, known: &Known) -> Option<Change> {
    let of_skill = |(skill, before): &(SkillId, Option<Mastery>)| {
        let answers = before.as_ref().map_or(0, |before| before.answers) + 1;
        let mastery = Mastery {
            model: "count_1".to_owned(),
            known: 0.5,
            ability: f64::from(answers) / 8.0,
            information: 0.25,
            answers,
            mastered_at: (answers > 2).then_some(event.occurred_at),
            updated_at: event.occurred_at,
        };
        (*skill, mastery)
    };
    let card = Card {
        model: "count_1".to_owned(),
        state: "review".to_owned(),
        step: 0,
        stability: 2.5,
        difficulty: 5.0,
        reviews: known.card.as_ref().map_or(0, |card| card.reviews) + 1,
        lapses: 0,
        reviewed_at: event.occurred_at,
        due_at: Micros(event.occurred_at.0 + 1_000),
    };
    Some(Change {
        skills: known.skills.iter().map(of_skill).collect(),
        item: (known.item.difficulty - 0.5, known.item.answers + 1),
        card,
        rating: "good".to_owned(),
    })
}

#[tokio::test]
async fn an_answer_moves_mastery_item_and_card_once() {
    let practice = Practice::new().await;
    let (records, school) = (practice.store().mastery(), practice.school());
    let answers = [practice.answer(0, 0, 1), practice.answer(0, 1, 2), practice.answer(1, 0, 3)];
    let learned =
        records.learn_from_game(school, &answers, None, Micros(20_000), &mut counting).await.unwrap();
    assert_eq!(learned, practice.students.into());
    let ada = records.of_person(school, practice.students[0]).await.unwrap().remove(0);
    assert_eq!((ada.skill, ada.title.as_str()), (practice.skill, "Rivers"));
    assert_eq!((ada.mastery.answers, ada.mastery.ability, ada.mastery.mastered_at), (2, 0.25, None));
    assert_eq!(ada.mastery.updated_at, Micros(10_002));
    let ability = records.ability(school, practice.students[0], practice.skill, "count_1").await.unwrap();
    assert_eq!(ability, Some(0.25));
    let other_model = records.ability(school, practice.students[0], practice.skill, "bkt_1").await.unwrap();
    assert_eq!(other_model, None);
    let asked =
        records.candidates(school, practice.fixture.teacher, practice.skill, Micros(0), 9).await.unwrap();
    let first = asked.iter().find(|candidate| candidate.item == practice.items[0]).unwrap();
    assert_eq!((first.state.difficulty, first.state.answers, first.state.options), (-1.0, 2, 2));
    // The same again, with one that is new.
    let answers = [answers.to_vec(), vec![practice.answer(1, 1, 4)]].concat();
    let learned =
        records.learn_from_game(school, &answers, None, Micros(30_000), &mut counting).await.unwrap();
    assert_eq!(learned, [practice.students[1]].into());
    assert_eq!((practice.answers(0).await, practice.answers(1).await), (vec![2], vec![2]));
    let logged = records.answered(school, practice.students[0], Uuid::from_u128(2)).await.unwrap();
    assert_eq!(logged, Some((practice.asked(1), Some(true))));
    let foreign = records.answered(school, practice.students[1], Uuid::from_u128(2)).await.unwrap();
    assert_eq!(foreign, None);
}

#[tokio::test]
async fn answers_of_nobody_and_to_nothing_are_left_out() {
    let practice = Practice::new().await;
    let (records, school) = (practice.store().mastery(), practice.school());
    let mut nobody = practice.answer(0, 0, 1);
    nobody.person = PersonId::generate();
    let mut nothing = practice.answer(0, 0, 2);
    nothing.asked.item = ItemId::generate();
    let untold = practice.answer(1, 0, 3);
    let answers = [nobody, nothing, untold, practice.answer(0, 0, 4)];
    let mut rule = |event: &AnswerEvent, known: &Known| {
        if event.id == Uuid::from_u128(3) { None } else { counting(event, known) }
    };
    let learned = records.learn_from_game(school, &answers, None, Micros(20_000), &mut rule).await.unwrap();
    assert_eq!(learned, [practice.students[0]].into());
    assert_eq!((practice.answers(0).await, practice.answers(1).await), (vec![1], vec![]));
    let many = vec![practice.answer(0, 0, 9); MAX_ANSWERS + 1];
    let refused = records.learn_from_game(school, &many, None, Micros(20_000), &mut counting).await;
    assert!(matches!(refused, Err(LearnError::TooMany { .. })), "{refused:?}");
}

#[tokio::test]
async fn of_many_who_learn_from_one_game_at_once_each_answer_counts_once() {
    let practice = Arc::new(Practice::new().await);
    let learn = |turn: u128| {
        let practice = Arc::clone(&practice);
        tokio::spawn(async move {
            // Half of them go through the answers the other way.
            let mut answers: Vec<_> =
                (0..20).map(|n| practice.answer(usize::from(n % 2 == 0), u32::from(n % 3 == 0), n)).collect();
            if turn.is_multiple_of(2) {
                answers.reverse();
            }
            let records = practice.store().mastery();
            records
                .learn_from_game(practice.school(), &answers, None, Micros(99), &mut counting)
                .await
                .unwrap();
        })
    };
    for done in futures_util::future::join_all((0..6).map(learn)).await {
        done.unwrap();
    }
    assert_eq!((practice.answers(0).await, practice.answers(1).await), (vec![10], vec![10]));
}

#[tokio::test]
async fn an_answer_belongs_to_what_was_shown_and_takes_it_away() {
    let practice = Practice::new().await;
    let (records, school) = (practice.store().mastery(), practice.school());
    let student = practice.students[0];
    let mut answer = practice.answer(0, 1, 1);
    let give = async |answer: &AnswerEvent, shown_at| {
        records.learn_from_answer(school, answer, shown_at, Micros(20_000), &mut counting).await
    };
    assert!(matches!(give(&answer, Micros(7)).await, Err(LearnError::NotShown)));
    let asked = Asked { order: vec![2, 0, 1], ..practice.asked(1) };
    let shown = Shown { asked: asked.clone(), skill: Some(practice.skill), at: Micros(7) };
    records.show(school, student, &shown).await.unwrap();
    assert_eq!(records.shown(school, student, practice.items[1]).await.unwrap(), Some(shown.clone()));
    let chosen = async |skill, since| records.chosen_since(school, student, skill, since).await.unwrap();
    assert_eq!(chosen(Some(practice.skill), Micros(7)).await, Some(shown.clone()));
    assert_eq!(chosen(None, Micros(7)).await, Some(shown.clone()));
    assert_eq!(chosen(None, Micros(8)).await, None);
    assert_eq!(chosen(Some(SkillId::generate()), Micros(7)).await, None);
    // Shown again meanwhile: the earlier one no longer counts.
    records.show(school, student, &Shown { at: Micros(8), ..shown.clone() }).await.unwrap();
    assert!(matches!(give(&answer, Micros(7)).await, Err(LearnError::NotShown)));
    assert_eq!(practice.answers(0).await, [0; 0]);
    assert!(give(&answer, Micros(8)).await.unwrap());
    assert_eq!(records.shown(school, student, practice.items[1]).await.unwrap(), None);
    assert!(!give(&answer, Micros(8)).await.unwrap(), "the same answer again");
    answer.id = Uuid::from_u128(2);
    assert!(matches!(give(&answer, Micros(8)).await, Err(LearnError::NotShown)));
    assert_eq!(practice.answers(0).await, [1]);
}

#[tokio::test]
async fn games_are_learned_from_until_it_is_done() {
    let practice = Practice::new().await;
    let (records, school) = (practice.store().mastery(), practice.school());
    let game = practice.fixture.game("111111", 1_000);
    practice.store().games().create(&game).await.unwrap();
    assert_eq!(records.games_to_learn_from(9).await.unwrap(), []);
    practice.store().games().finish(school, &report(game.id, 2)).await.unwrap();
    assert_eq!(records.games_to_learn_from(9).await.unwrap(), [(school, game.id)]);
    let answers = [practice.answer(0, 0, 1)];
    records.learn_from_game(school, &answers, None, Micros(99), &mut counting).await.unwrap();
    assert_eq!(records.games_to_learn_from(9).await.unwrap(), [(school, game.id)]);
    records.learn_from_game(school, &[], Some(game.id), Micros(99), &mut counting).await.unwrap();
    assert_eq!(records.games_to_learn_from(9).await.unwrap(), []);
}

#[tokio::test]
async fn an_item_follows_its_question_and_is_asked_in_the_newest_version_only() {
    let practice = Practice::new().await;
    let (records, quizzes) = (practice.store().mastery(), practice.store().quizzes());
    let (school, quiz, student) = (practice.school(), practice.fixture.quiz, practice.students[0]);
    let asked_of = async |unseen_since| {
        let found = records.candidates(school, student, practice.skill, unseen_since, 9).await.unwrap();
        let mut items: Vec<ItemId> = found.into_iter().map(|candidate| candidate.item).collect();
        items.sort_unstable();
        items
    };
    let sorted = |mut items: Vec<ItemId>| {
        items.sort_unstable();
        items
    };
    let [first, second] = practice.items[..] else { unreachable!("two questions") };
    assert_eq!(asked_of(Micros(0)).await, sorted(vec![first, second]));
    records
        .learn_from_game(school, &[practice.answer(0, 0, 1)], None, Micros(99), &mut counting)
        .await
        .unwrap();
    assert_eq!(asked_of(Micros(10_000)).await, [second], "the first one was seen since");
    assert_eq!(asked_of(Micros(10_001)).await, sorted(vec![first, second]));

    let mut content = practice.content.clone();
    content.questions.remove(0);
    quizzes.update(school, quiz, 2, &content, Micros(3_000)).await.unwrap();
    assert_eq!(asked_of(Micros(20_000)).await, [second]);
    let place = async |item| {
        let asked = records.place(school, item).await.unwrap().unwrap();
        (asked.version, asked.question)
    };
    assert_eq!((place(first).await, place(second).await), ((2, 0), (3, 0)));
    let known =
        records.learn_from_game(school, &[practice.answer(0, 0, 2)], None, Micros(99), &mut counting).await;
    assert_eq!(known.unwrap(), [student].into(), "a card of what is asked no longer goes on");

    content.questions[0].skills.clear();
    quizzes.update(school, quiz, 3, &content, Micros(4_000)).await.unwrap();
    assert_eq!(asked_of(Micros(20_000)).await, []);
    quizzes.update(school, quiz, 4, &practice.content, Micros(5_000)).await.unwrap();
    assert_eq!(asked_of(Micros(20_000)).await, sorted(vec![first, second]));
    let kept = records.candidates(school, student, practice.skill, Micros(20_000), 9).await.unwrap();
    assert!(kept.iter().any(|candidate| candidate.state.answers == 2), "what was known of it is still known");
    quizzes.set_archived(school, quiz, true).await.unwrap();
    assert_eq!(asked_of(Micros(20_000)).await, []);
    assert_eq!(records.place(school, ItemId::generate()).await.unwrap(), None);
    assert_ne!(item_ids(QuizId::generate(), &content)[0], Some(second));
}

#[tokio::test]
async fn due_cards_come_in_pages_and_to_their_own_person() {
    let practice = Practice::new().await;
    let (records, school) = (practice.store().mastery(), practice.school());
    let [ada, ben] = practice.students;
    let answers = [practice.answer(0, 0, 2), practice.answer(0, 1, 1), practice.answer(1, 0, 3)];
    records.learn_from_game(school, &answers, None, Micros(99), &mut counting).await.unwrap();
    let due =
        async |person, by, after, limit| records.due_cards(school, person, by, after, limit).await.unwrap();
    assert_eq!(due(ada, Micros(11_000), None, 9).await.items, []);
    let page = due(ada, Micros(20_000), None, 1).await;
    assert_eq!((page.items[0].asked.item, page.items[0].due_at), (practice.items[1], Micros(11_001)));
    let rest = due(ada, Micros(20_000), page.next, 1).await;
    assert_eq!((rest.items[0].asked.item, rest.next), (practice.items[0], None));
    let card = &rest.items[0];
    assert_eq!(records.card(school, ada, card.id).await.unwrap().as_ref(), Some(card));
    assert_eq!(records.card(school, ben, card.id).await.unwrap(), None);
    assert_eq!(
        records.card(school, ada, due(ben, Micros(20_000), None, 9).await.items[0].id).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_class_is_looked_at_student_by_student() {
    let practice = Practice::new().await;
    let (records, school, class) = (practice.store().mastery(), practice.school(), ClassId::generate());
    let classes = practice.store().classes();
    classes.ensure(school, class, "5a").await.unwrap();
    classes.enroll(school, class, practice.fixture.teacher, Role::Teacher, 1.0).await.unwrap();
    for student in practice.students {
        classes.enroll(school, class, student, Role::Student, 1.0).await.unwrap();
    }
    let answers = [practice.answer(1, 0, 1), practice.answer(1, 1, 2), practice.answer(1, 1, 3)];
    records.learn_from_game(school, &answers, None, Micros(99), &mut counting).await.unwrap();
    let seen = records.of_class(school, class).await.unwrap();
    let names: Vec<_> = seen.iter().map(|student| (student.name.as_str(), student.skills.len())).collect();
    assert_eq!(names, [("Ada", 0), ("Ben", 1)]);
    assert_eq!(seen[1].skills[0].mastery.mastered_at, Some(Micros(10_003)));
    assert_eq!(records.of_class(school, ClassId::generate()).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_begun_is_practised_before_what_is_new_and_that_before_what_is_mastered() {
    let practice = Practice::new().await;
    let (records, skills, school) =
        (practice.store().mastery(), practice.store().skills(), practice.school());
    let [begun, mastered, without, archived] = [(); 4].map(|()| SkillId::generate());
    for skill in [begun, mastered, without, archived] {
        skills.create(school, skill, "More", Micros(6)).await.unwrap();
    }
    let mut content = practice.content.clone();
    content.questions[0].skills = vec![begun, archived];
    content.questions[1].skills = vec![mastered];
    let quiz = practice.store().quizzes().create(school, practice.fixture.teacher, &content, Micros(9)).await;
    let (quiz, items) = (quiz.as_ref().unwrap(), item_ids(*quiz.as_ref().unwrap(), &content));
    skills.update(school, archived, 1, "Old", true, Micros(7)).await.unwrap();
    let answer = |index: u32, id| {
        let item = items[index as usize].unwrap();
        let asked = Asked { item, quiz: *quiz, version: 1, question: index, order: vec![] };
        AnswerEvent { asked, ..practice.answer(0, 0, id) }
    };
    let answers = [answer(0, 1), answer(1, 2), answer(1, 3), answer(1, 4)];
    records.learn_from_game(school, &answers, None, Micros(99), &mut counting).await.unwrap();
    let to_practise = records.to_practise(school, practice.students[0], 9).await.unwrap();
    assert_eq!(to_practise, [begun, practice.skill, mastered]);
    assert_eq!(records.to_practise(school, practice.students[0], 1).await.unwrap(), [begun]);
}
