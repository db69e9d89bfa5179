//! Rows of quizzes, each beside its SQL.

use super::{Quiz, QuizSummary, VersionSummary};
use crate::Micros;
use crate::db::Sql;
use protocol::ids::{PersonId, QuizId};
use protocol::quiz::{Image, QuizContent};
use sqlx::FromRow;
use sqlx::types::Json;
use uuid::Uuid;

pub(super) const INSERT_QUIZ: &str = "
    INSERT INTO quiz (school_id, quiz_id, owner_id, version, search_text, updated_us)
    VALUES ($1, $2, $3, 1, $4, $5)
    ON CONFLICT (school_id, quiz_id) DO NOTHING";

pub(super) const INSERT_VERSION: &str = "
    INSERT INTO quiz_version
        (school_id, quiz_id, version, title, description, questions, cover, content, made_us)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

pub(super) const CURRENT_VERSION: Sql = Sql::each(
    "SELECT version FROM quiz WHERE school_id = $1 AND quiz_id = $2 FOR UPDATE",
    "SELECT version FROM quiz WHERE school_id = $1 AND quiz_id = $2",
);

#[derive(FromRow)]
pub(super) struct CurrentRow {
    #[sqlx(try_from = "i64")]
    pub(super) version: u32,
}

pub(super) const ADVANCE_QUIZ: &str = "
    UPDATE quiz SET version = $3, search_text = $4, updated_us = $5 WHERE school_id = $1 AND quiz_id = $2";

pub(super) const SET_ARCHIVED: &str = "
    UPDATE quiz SET archived = $3 WHERE school_id = $1 AND quiz_id = $2";

#[derive(FromRow)]
pub(super) struct QuizRow {
    quiz_id: Uuid,
    owner_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    content: Json<QuizContent>,
    made_us: Micros,
    archived: bool,
}

pub(super) const LATEST: &str = "
    SELECT quiz.quiz_id, quiz.owner_id, made.version, made.content, made.made_us, quiz.archived
    FROM quiz
    JOIN quiz_version AS made ON made.school_id = quiz.school_id
        AND made.quiz_id = quiz.quiz_id AND made.version = quiz.version
    WHERE quiz.school_id = $1 AND quiz.quiz_id = $2";

pub(super) const VERSION: &str = "
    SELECT quiz.quiz_id, quiz.owner_id, made.version, made.content, made.made_us, quiz.archived
    FROM quiz
    JOIN quiz_version AS made ON made.school_id = quiz.school_id AND made.quiz_id = quiz.quiz_id
    WHERE quiz.school_id = $1 AND quiz.quiz_id = $2 AND made.version = $3";

impl QuizRow {
    pub(super) fn into_quiz(self) -> Quiz {
        Quiz {
            id: QuizId(self.quiz_id),
            owner: PersonId(self.owner_id),
            version: self.version,
            content: self.content.0,
            updated_at: self.made_us,
            archived: self.archived,
        }
    }
}

#[derive(FromRow)]
pub(super) struct VersionRow {
    #[sqlx(try_from = "i64")]
    version: u32,
    title: String,
    #[sqlx(try_from = "i64")]
    questions: u32,
    made_us: Micros,
}

pub(super) const VERSIONS: &str = "
    SELECT version, title, questions, made_us FROM quiz_version
    WHERE school_id = $1 AND quiz_id = $2
    ORDER BY version DESC";

impl VersionRow {
    pub(super) fn into_summary(self) -> VersionSummary {
        VersionSummary {
            version: self.version,
            title: self.title,
            questions: self.questions,
            made_at: self.made_us,
        }
    }
}

#[derive(FromRow)]
pub(super) struct SummaryRow {
    quiz_id: Uuid,
    owner_id: Uuid,
    #[sqlx(try_from = "i64")]
    version: u32,
    title: String,
    description: String,
    #[sqlx(try_from = "i64")]
    questions: u32,
    cover: Option<Json<Image>>,
    updated_us: Micros,
    archived: bool,
}

pub(super) const LIST: &str = "
    SELECT quiz.quiz_id, quiz.owner_id, quiz.version, made.title, made.description, made.questions, made.cover,
        quiz.updated_us, quiz.archived
    FROM quiz
    JOIN quiz_version AS made ON made.school_id = quiz.school_id
        AND made.quiz_id = quiz.quiz_id AND made.version = quiz.version
    WHERE quiz.school_id = $1 AND quiz.archived = $2
        AND ($3 IS NULL OR quiz.owner_id = $3)
        AND quiz.search_text LIKE $4 ESCAPE '\\'
        AND (quiz.updated_us, quiz.quiz_id) < ($5, $6)
    ORDER BY quiz.updated_us DESC, quiz.quiz_id DESC
    LIMIT $7";

impl SummaryRow {
    pub(super) fn into_summary(self) -> QuizSummary {
        QuizSummary {
            id: QuizId(self.quiz_id),
            owner: PersonId(self.owner_id),
            version: self.version,
            title: self.title,
            description: self.description,
            questions: self.questions,
            updated_at: self.updated_us,
            archived: self.archived,
            cover: self.cover.map(|cover| cover.0),
        }
    }
}
