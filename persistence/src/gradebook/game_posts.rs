//! The scores of a finished game, posted once.

use super::categories::CREATE as CREATE_CATEGORY;
use super::line_items::CREATE as CREATE_LINE_ITEM;
use super::{AppendScoresError, CategoryContent, Gradebooks, LineItemContent, MAX_LINE_ITEMS, NewScore};
use super::{categories, line_items, scores};
use crate::classes::take_turn;
use crate::db::{Sql, Tx};
use crate::rosters::EnrollmentState;
use crate::{Micros, Unavailable, column_word};
use protocol::ids::{CategoryId, ClassId, GameId, LineItemId, PersonId, SchoolId};
use sqlx::FromRow;
use std::collections::HashSet;
use uuid::Uuid;

/// What a game leaves in the gradebook of its class.
#[derive(Clone, Debug, PartialEq)]
pub struct GamePost {
    /// The game.
    pub game: GameId,
    /// Its column, under an id that follows from the game's. Its category is replaced by the first one of the class.
    pub line_item: LineItemId,
    /// What is said of the column.
    pub content: LineItemContent,
    /// The category that is made under [`LineItemContent::category`] if the class has none.
    pub category: CategoryContent,
    /// Of everybody who played with an account, under ids that follow from the game's. Those of people who are not students
    /// of the class are left out.
    pub scores: Vec<NewScore>,
}

/// What became of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GamePosted {
    /// Line item and scores are there now.
    Now {
        /// Whose scores.
        students: Vec<PersonId>,
    },
    /// Nobody of the class has a score, so there is no line item; the game counts as posted.
    Nothing,
    /// It was posted before.
    Before,
}

/// Why a game was not posted.
#[derive(Debug, thiserror::Error)]
pub enum PostGameError {
    /// The school has no such game of a class.
    #[error("the school has no such game of a class; nothing can be posted of it")]
    UnknownGame,
    /// As many line items as a gradebook takes.
    #[error("the gradebook has {most} line items and takes no more; delete one without scores")]
    TooManyLineItems {
        /// How many that is.
        most: u32,
    },
    /// The scores cannot be taken.
    #[error("the scores of the game cannot be taken: {0}")]
    Scores(#[source] AppendScoresError),
    /// The store failed.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl PostGameError {
    /// Stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownGame => "unknown_game",
            Self::TooManyLineItems { .. } => "too_many",
            Self::Scores(error) => error.code(),
            Self::Unavailable(error) => error.code(),
        }
    }
}

#[derive(FromRow)]
struct ClassRow {
    class_id: Uuid,
}

const CLASS: &str = "SELECT class_id FROM class_game WHERE school_id = $1 AND game_id = $2";

#[derive(FromRow)]
struct PostedRow {
    posted_us: Option<i64>,
}

/// Of two that post at once, the second one finds it posted.
const POSTED: Sql = Sql::each(
    "SELECT posted_us FROM class_game WHERE school_id = $1 AND game_id = $2 FOR UPDATE",
    "SELECT posted_us FROM class_game WHERE school_id = $1 AND game_id = $2",
);

const SET_POSTED: &str = "UPDATE class_game SET posted_us = $3 WHERE school_id = $1 AND game_id = $2";

const UNLIST: &str = "DELETE FROM open_posting WHERE school_id = $1 AND game_id = $2";

#[derive(FromRow)]
struct PlaceRow {
    person_id: Uuid,
    state: String,
}

const STUDENTS: &str = "
    SELECT person_id, state FROM enrollment WHERE school_id = $1 AND class_id = $2 AND role = 'student'";

const FIRST_CATEGORY: &str = "
    SELECT category_id FROM grade_category WHERE school_id = $1 AND class_id = $2
    ORDER BY CASE WHEN parent_id IS NULL THEN 0 ELSE 1 END, position, category_id LIMIT 1";

const NEXT_PLACE: &str = "
    SELECT COUNT(*) AS items, COALESCE(MAX(position) + 1, 0) AS next FROM line_item
    WHERE school_id = $1 AND class_id = $2";

impl Gradebooks {
    /// Puts the line item and the scores of a finished game into the gradebook of its class, in one transaction that also
    /// notes that it is done: whoever does it, and however often, it happens once.
    ///
    /// Scores go to those who are students of the class by now, or completed it; not to those who withdrew.
    ///
    /// # Errors
    /// [`PostGameError`]; nothing was changed then.
    pub async fn post_game(
        &self,
        school: SchoolId,
        post: &GamePost,
        now: Micros,
    ) -> Result<GamePosted, PostGameError> {
        let key = || [school.0.into(), post.game.0.into()];
        let mut tx = self.db.write(school).await.map_err(Unavailable::from)?;
        let row: Option<ClassRow> = tx.fetch_optional(CLASS, key()).await.map_err(Unavailable::from)?;
        let class = ClassId(row.ok_or(PostGameError::UnknownGame)?.class_id);
        // The class first: everything that changes a gradebook takes its turn there.
        if !take_turn(&mut tx, school, class).await? {
            return Err(PostGameError::UnknownGame);
        }
        let row: PostedRow = tx.fetch_one(POSTED, key()).await.map_err(Unavailable::from)?;
        let posted = if row.posted_us.is_some() {
            GamePosted::Before
        } else {
            let scores = of_students(&mut tx, school, class, &post.scores).await?;
            if scores.is_empty() {
                GamePosted::Nothing
            } else {
                add_line_item(&mut tx, school, class, post).await?;
                scores::append(&mut tx, school, class, None, &scores, now)
                    .await
                    .map_err(PostGameError::Scores)?;
                GamePosted::Now { students: scores.iter().map(|score| score.student).collect() }
            }
        };
        if posted != GamePosted::Before {
            let values = [school.0.into(), post.game.0.into(), now.into()];
            tx.execute(SET_POSTED, values).await.map_err(Unavailable::from)?;
        }
        tx.execute(UNLIST, key()).await.map_err(Unavailable::from)?;
        tx.commit().await.map_err(Unavailable::from)?;
        Ok(posted)
    }
}

async fn of_students(
    tx: &mut Tx,
    school: SchoolId,
    class: ClassId,
    scores: &[NewScore],
) -> Result<Vec<NewScore>, Unavailable> {
    let places: Vec<PlaceRow> = tx.fetch_all(STUDENTS, [school.0.into(), class.0.into()]).await?;
    let mut students = HashSet::with_capacity(places.len());
    for place in places {
        if column_word::read::<EnrollmentState>(&place.state)? != EnrollmentState::Withdrawn {
            students.insert(PersonId(place.person_id));
        }
    }
    Ok(scores.iter().filter(|score| students.contains(&score.student)).copied().collect())
}

async fn add_line_item(
    tx: &mut Tx,
    school: SchoolId,
    class: ClassId,
    post: &GamePost,
) -> Result<(), PostGameError> {
    let key = || [school.0.into(), class.0.into()];
    let (items, next): (i64, i64) = tx.fetch_one(NEXT_PLACE, key()).await.map_err(Unavailable::from)?;
    if items >= i64::from(MAX_LINE_ITEMS) {
        return Err(PostGameError::TooManyLineItems { most: MAX_LINE_ITEMS });
    }
    let first: Option<(Uuid,)> = tx.fetch_optional(FIRST_CATEGORY, key()).await.map_err(Unavailable::from)?;
    let category = if let Some((first,)) = first {
        CategoryId(first)
    } else {
        let made = post.content.category;
        let values = categories::values(school, class, made, &post.category)?;
        tx.execute(CREATE_CATEGORY, values).await.map_err(Unavailable::from)?;
        made
    };
    let position = u32::try_from(next).unwrap_or(u32::MAX);
    let content = LineItemContent { category, position, ..post.content.clone() };
    let values = line_items::values(school, class, post.line_item, &content);
    tx.execute(CREATE_LINE_ITEM, values).await.map_err(Unavailable::from)?;
    Ok(())
}
