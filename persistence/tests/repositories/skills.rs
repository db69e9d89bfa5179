use super::{Fixture, content};
use persistence::Micros;
use persistence::quizzes::{CreateQuizError, UpdateQuizError};
use persistence::skills::{CreateSkillError, Skill, UpdateSkillError};
use protocol::ids::{SchoolId, SkillId};

#[tokio::test]
async fn a_skill_is_kept_changed_and_put_away() {
    let Fixture { store, school, .. } = Fixture::new().await;
    let (skills, id) = (store.skills(), SkillId::generate());
    skills.create(school, id, "Fractions", Micros(5)).await.unwrap();
    let made = Skill {
        id,
        title: "Fractions".to_owned(),
        archived: false,
        version: 1,
        created_at: Micros(5),
        updated_at: Micros(5),
    };
    assert_eq!(skills.get(school, id).await.unwrap(), Some(made.clone()));
    assert_eq!(skills.update(school, id, 1, "Fractions 2", true, Micros(6)).await.unwrap(), 2);
    let changed =
        Skill { title: "Fractions 2".to_owned(), archived: true, version: 2, updated_at: Micros(6), ..made };
    assert_eq!(skills.get(school, id).await.unwrap(), Some(changed.clone()));
    assert_eq!(skills.list(school, false, None, 5).await.unwrap().items, []);
    assert_eq!(skills.list(school, true, None, 5).await.unwrap().items, [changed]);
    let late = skills.update(school, id, 1, "Mine", false, Micros(7)).await;
    assert!(matches!(late, Err(UpdateSkillError::Conflict { current: 2 })), "{late:?}");
    let again = skills.create(school, id, "Twice", Micros(8)).await;
    assert!(matches!(again, Err(CreateSkillError::Exists)), "{again:?}");
    let unknown = skills.update(school, SkillId::generate(), 1, "None", false, Micros(7)).await;
    assert!(matches!(unknown, Err(UpdateSkillError::UnknownSkill)), "{unknown:?}");
    let nowhere = skills.create(SchoolId::generate(), id, "Fractions", Micros(5)).await;
    assert!(matches!(nowhere, Err(CreateSkillError::UnknownSchool)), "{nowhere:?}");
}

#[tokio::test]
async fn a_quiz_names_skills_of_its_school_only() {
    let here = Fixture::new().await;
    let there = Fixture::in_store(here.store.clone()).await;
    let (skills, quizzes) = (here.store.skills(), here.store.quizzes());
    let (own, foreign) = (SkillId::generate(), SkillId::generate());
    skills.create(here.school, own, "Fractions", Micros(5)).await.unwrap();
    skills.create(there.school, foreign, "Theirs", Micros(5)).await.unwrap();
    let with = |named: &[SkillId]| {
        let mut content = content("Numbers");
        content.questions[1].skills = named.to_vec();
        content
    };
    for unknown in [foreign, SkillId::generate()] {
        let made = quizzes.create(here.school, here.teacher, &with(&[own, unknown]), Micros(9)).await;
        assert!(matches!(made, Err(CreateQuizError::UnknownSkill { skill }) if skill == unknown), "{made:?}");
        let edit = quizzes.update(here.school, here.quiz, 1, &with(&[unknown]), Micros(9)).await;
        assert!(matches!(edit, Err(UpdateQuizError::UnknownSkill { skill }) if skill == unknown), "{edit:?}");
    }
    assert_eq!(quizzes.get(here.school, here.quiz).await.unwrap().unwrap().version, 1);
    let made = quizzes.create(here.school, here.teacher, &with(&[own]), Micros(9)).await.unwrap();
    let kept = quizzes.get(here.school, made).await.unwrap().unwrap();
    assert_eq!(kept.content.questions[1].skills, [own]);
}
