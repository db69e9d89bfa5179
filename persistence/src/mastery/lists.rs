//! What is mastered, by person and by class; and what could be asked next.

use super::ledger::{ItemState, Mastery};
use super::{Asked, MasteryRecords};
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{ClassId, ItemId, PersonId, QuizId, SchoolId, SkillId};
use sqlx::FromRow;
use uuid::Uuid;

/// What is believed of somebody in a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillMastery {
    /// Which skill.
    pub skill: SkillId,
    /// Its title.
    pub title: String,
    /// What is believed.
    pub mastery: Mastery,
}

/// A student of a class with what is believed of them; empty for who has answered nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMastery {
    /// Who.
    pub student: PersonId,
    /// Name, as shown.
    pub name: String,
    /// Skill by skill, by title.
    pub skills: Vec<SkillMastery>,
}

/// An item that could be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which.
    pub item: ItemId,
    /// What is known of it.
    pub state: ItemState,
}

#[derive(FromRow)]
struct PersonRow {
    skill_id: Uuid,
    title: String,
    model: String,
    known: f64,
    ability: f64,
    information: f64,
    #[sqlx(try_from = "i64")]
    answers: u32,
    mastered_us: Option<i64>,
    updated_us: Micros,
}

impl PersonRow {
    fn into_mastery(self) -> SkillMastery {
        let mastery = Mastery {
            model: self.model,
            known: self.known,
            ability: self.ability,
            information: self.information,
            answers: self.answers,
            mastered_at: self.mastered_us.map(Micros),
            updated_at: self.updated_us,
        };
        SkillMastery { skill: SkillId(self.skill_id), title: self.title, mastery }
    }
}

const OF_PERSON: &str = "
    SELECT mastery.skill_id, title, model, known, ability, information, answers, mastered_us, mastery.updated_us
    FROM mastery
    JOIN skill ON skill.school_id = mastery.school_id AND skill.skill_id = mastery.skill_id
    WHERE mastery.school_id = $1 AND mastery.person_id = $2
    ORDER BY title, mastery.skill_id";

#[derive(FromRow)]
struct StudentRow {
    person_id: Uuid,
    name: String,
}

const STUDENTS: &str = "
    SELECT person.person_id, person.name FROM enrollment
    JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.role = 'student'
        AND enrollment.state = 'active'
    ORDER BY person.name, person.person_id";

#[derive(FromRow)]
struct ClassRow {
    person_id: Uuid,
    #[sqlx(flatten)]
    mastery: PersonRow,
}

const OF_CLASS: &str = "
    SELECT mastery.person_id, mastery.skill_id, title, model, known, ability, information, answers, mastered_us,
        mastery.updated_us
    FROM enrollment
    JOIN mastery ON mastery.school_id = enrollment.school_id AND mastery.person_id = enrollment.person_id
    JOIN skill ON skill.school_id = mastery.school_id AND skill.skill_id = mastery.skill_id
    WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.role = 'student'
        AND enrollment.state = 'active'
    ORDER BY title, mastery.skill_id";

/// Those that are begun and not mastered, the longest left alone first; then those that are not begun; then the others.
const TO_PRACTISE: &str = "
    SELECT skill.skill_id FROM skill
    LEFT JOIN mastery ON mastery.school_id = skill.school_id AND mastery.skill_id = skill.skill_id
        AND mastery.person_id = $2
    WHERE skill.school_id = $1 AND NOT skill.archived
        AND EXISTS (SELECT 1 FROM item_skill
            WHERE item_skill.school_id = skill.school_id AND item_skill.skill_id = skill.skill_id)
    ORDER BY CASE WHEN mastery.skill_id IS NULL THEN 1 WHEN mastery.mastered_us IS NULL THEN 0 ELSE 2 END,
        mastery.updated_us, skill.created_us, skill.skill_id
    LIMIT $3";

const ABILITY: &str = "
    SELECT ability FROM mastery WHERE school_id = $1 AND person_id = $2 AND skill_id = $3 AND model = $4";

#[derive(FromRow)]
struct CandidateRow {
    item_id: Uuid,
    kind: String,
    #[sqlx(try_from = "i64")]
    options: u32,
    discrimination: f64,
    difficulty: f64,
    #[sqlx(try_from = "i64")]
    answers: u32,
}

impl CandidateRow {
    fn into_candidate(self) -> Result<Candidate, Unavailable> {
        let state = ItemState {
            kind: column_word::read(&self.kind)?,
            options: self.options,
            discrimination: self.discrimination,
            difficulty: self.difficulty,
            answers: self.answers,
        };
        Ok(Candidate { item: ItemId(self.item_id), state })
    }
}

/// Items of the newest versions of quizzes that are not put away.
const CANDIDATES: &str = "
    SELECT item.item_id, item.kind, item.options, item.discrimination, item.difficulty, item.answers
    FROM item_skill
    JOIN item_param AS item ON item.school_id = item_skill.school_id AND item.item_id = item_skill.item_id
    JOIN quiz ON quiz.school_id = item.school_id AND quiz.quiz_id = item.quiz_id AND quiz.version = item.version
    WHERE item_skill.school_id = $1 AND item_skill.skill_id = $2 AND NOT quiz.archived
        AND NOT EXISTS (SELECT 1 FROM review_card AS card
            WHERE card.school_id = item.school_id AND card.person_id = $3 AND card.item_id = item.item_id
                AND card.reviewed_us > $4)
    LIMIT $5";

const ITEM: &str = "
    SELECT item_id, kind, options, discrimination, difficulty, answers FROM item_param
    WHERE school_id = $1 AND item_id = $2";

const HAS_CARD: &str = "
    SELECT card_id FROM review_card WHERE school_id = $1 AND person_id = $2 AND item_id = $3";

#[derive(FromRow)]
struct PlaceRow {
    quiz_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    #[sqlx(try_from = "i64")]
    question: u32,
}

const PLACE: &str = "
    SELECT quiz_id, version, question FROM item_param WHERE school_id = $1 AND item_id = $2";

impl MasteryRecords {
    /// What is believed of a person, skill by skill, by title. There are no more rows than the school has skills.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_person(
        &self,
        school: SchoolId,
        person: PersonId,
    ) -> Result<Vec<SkillMastery>, Unavailable> {
        let rows: Vec<PersonRow> =
            self.db.fetch_all(school, OF_PERSON, [school.0.into(), person.0.into()]).await?;
        Ok(rows.into_iter().map(PersonRow::into_mastery).collect())
    }

    /// What is believed of the students of a class, by name.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_class(&self, school: SchoolId, class: ClassId) -> Result<Vec<ClassMastery>, Unavailable> {
        let mut tx = self.db.read(school).await?;
        let values = || [school.0.into(), class.0.into()];
        let students: Vec<StudentRow> = tx.fetch_all(STUDENTS, values()).await?;
        let rows: Vec<ClassRow> = tx.fetch_all(OF_CLASS, values()).await?;
        tx.commit().await?;
        let mut by_student = std::collections::HashMap::<Uuid, Vec<SkillMastery>>::new();
        for row in rows {
            by_student.entry(row.person_id).or_default().push(row.mastery.into_mastery());
        }
        let of = |student: StudentRow| ClassMastery {
            skills: by_student.remove(&student.person_id).unwrap_or_default(),
            student: PersonId(student.person_id),
            name: student.name,
        };
        Ok(students.into_iter().map(of).collect())
    }

    /// The skills that a person should practise, the most urgent first; those that no question exercises are left out.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn to_practise(
        &self,
        school: SchoolId,
        person: PersonId,
        limit: u32,
    ) -> Result<Vec<SkillId>, Unavailable> {
        let values = [school.0.into(), person.0.into(), limit.into()];
        let rows: Vec<(Uuid,)> = self.db.fetch_all(school, TO_PRACTISE, values).await?;
        Ok(rows.into_iter().map(|(id,)| SkillId(id)).collect())
    }

    /// How able a person is in a skill by a model; none before the first answer.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn ability(
        &self,
        school: SchoolId,
        person: PersonId,
        skill: SkillId,
        model: &str,
    ) -> Result<Option<f64>, Unavailable> {
        let values = [school.0.into(), person.0.into(), skill.0.into(), model.into()];
        let row: Option<(f64,)> = self.db.fetch_optional(school, ABILITY, values).await?;
        Ok(row.map(|(ability,)| ability))
    }

    /// The items of a skill that may be asked of a person who has not seen them since then, at most `limit`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn candidates(
        &self,
        school: SchoolId,
        person: PersonId,
        skill: SkillId,
        unseen_since: Micros,
        limit: u32,
    ) -> Result<Vec<Candidate>, Unavailable> {
        let values = [school.0.into(), skill.0.into(), person.0.into(), unseen_since.into(), limit.into()];
        let rows: Vec<CandidateRow> = self.db.fetch_all(school, CANDIDATES, values).await?;
        rows.into_iter().map(CandidateRow::into_candidate).collect()
    }

    /// What is known of an item.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn item(&self, school: SchoolId, item: ItemId) -> Result<Option<ItemState>, Unavailable> {
        let row: Option<CandidateRow> =
            self.db.fetch_optional(school, ITEM, [school.0.into(), item.0.into()]).await?;
        row.map(|row| Ok(row.into_candidate()?.state)).transpose()
    }

    /// Whether a person has a card of an item.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn has_card(
        &self,
        school: SchoolId,
        person: PersonId,
        item: ItemId,
    ) -> Result<bool, Unavailable> {
        let values = [school.0.into(), person.0.into(), item.0.into()];
        let row: Option<(Uuid,)> = self.db.fetch_optional(school, HAS_CARD, values).await?;
        Ok(row.is_some())
    }

    /// Where an item stands, in the newest version that has it; not shuffled.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn place(&self, school: SchoolId, item: ItemId) -> Result<Option<Asked>, Unavailable> {
        let row: Option<PlaceRow> =
            self.db.fetch_optional(school, PLACE, [school.0.into(), item.0.into()]).await?;
        Ok(row.map(|row| Asked {
            item,
            quiz: QuizId(row.quiz_id),
            version: row.version,
            question: row.question,
            order: Vec::new(),
        }))
    }
}
