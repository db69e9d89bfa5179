//! A conversation, and one person's place in it.

use super::ChatRecords;
use crate::db::{Sql, Tx, Value};
use crate::rosters::EnrollmentState;
use crate::{Micros, Unavailable, column_word};
pub use protocol::chat::{ConversationKind, MemberRole, Mode};
use protocol::ids::{ClassId, ConversationId, PersonId, SchoolId};
use protocol::role::Role;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use std::fmt;
use uuid::Uuid;

/// The number of a message in its conversation: 1, 2, 3… without a hole. 0 stands before the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// Whether a member is in a conversation by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// In it.
    Active,
    /// Was in it.
    Left,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: ConversationId,
    /// Of two, a group or a class.
    pub kind: ConversationKind,
    /// Whose, if it is a class's.
    pub class: Option<ClassId>,
    /// Title, as shown; a direct one has none.
    pub title: Option<String>,
    /// Who may say what.
    pub mode: Mode,
    /// Seconds between two messages of a student in [`Mode::Slow`].
    pub slow_s: u32,
    /// Number of the newest message.
    pub last_seq: Seq,
    /// Who made it.
    pub made_by: PersonId,
    /// When.
    pub created_at: Micros,
    /// When something was last sent, or else when it was made.
    pub active_at: Micros,
    /// Counts the changes of its settings, from 1.
    pub version: u32,
}

/// A person as others see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Somebody {
    /// Who.
    pub id: PersonId,
    /// Name, as shown.
    pub name: String,
    /// What the person is in the school.
    pub role: Role,
}

/// What a person is to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A member of it; of a direct one or a group.
    Member {
        /// As what.
        role: MemberRole,
        /// Whether still.
        state: MemberState,
    },
    /// On the roster of its class.
    Enrolled {
        /// As what.
        role: Role,
        /// Whether still.
        state: EnrollmentState,
    },
    /// Of the same school, and that is all.
    Outside,
}

/// One person's place in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where.
    pub conversation: Conversation,
    /// Who.
    pub person: Somebody,
    /// As what. Look at it: everybody of the school has a place.
    pub standing: Standing,
    /// How far the person has read.
    pub read_seq: Seq,
    /// How far messages have come to a device of the person.
    pub delivered_seq: Seq,
    /// How often the person is mentioned beyond what is read.
    pub mentions: u32,
    /// Until when the person wants to hear of mentions only.
    pub muted_until: Option<Micros>,
    /// When the person last sent something here.
    pub last_sent_at: Option<Micros>,
    /// Whether it is direct, and one of the two blocks the other.
    pub blocked: bool,
    /// In [`Mode::QuizQuiet`]: when the newest of those games of its class was opened that are between their first question
    /// and the podium. It follows a game by what that writes behind, a fraction of a second later.
    pub quiz_opened_at: Option<Micros>,
}

impl Seq {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    pub(super) fn optional(column: Option<i64>) -> Option<Self> {
        column.map(|seq| Self(u64::try_from(seq).unwrap_or(0)))
    }

    pub(super) fn column(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<i64> for Seq {
    type Error = std::num::TryFromIntError;

    fn try_from(column: i64) -> Result<Self, Self::Error> {
        u64::try_from(column).map(Self)
    }
}

impl From<Seq> for Value<'_> {
    fn from(seq: Seq) -> Self {
        seq.column().into()
    }
}

impl Standing {
    /// Whether the person is in the conversation by now.
    #[must_use]
    pub fn is_in(self) -> bool {
        match self {
            Self::Member { state, .. } => state == MemberState::Active,
            Self::Enrolled { state, .. } => state == EnrollmentState::Active,
            Self::Outside => false,
        }
    }
}

impl Place {
    /// Messages that the person has not read.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.conversation.last_seq.0.saturating_sub(self.read_seq.0)
    }
}

#[derive(Clone, FromRow)]
pub(super) struct ConversationRow {
    conversation_id: Uuid,
    kind: String,
    class_id: Option<Uuid>,
    title: Option<String>,
    mode: String,
    #[sqlx(try_from = "i64")]
    slow_s: u32,
    #[sqlx(try_from = "i64")]
    last_seq: Seq,
    made_by: Uuid,
    created_us: Micros,
    active_us: Micros,
    #[sqlx(try_from = "i64")]
    version: u32,
}

impl ConversationRow {
    pub(super) fn into_conversation(self) -> Result<Conversation, Unavailable> {
        Ok(Conversation {
            id: ConversationId(self.conversation_id),
            kind: column_word::read(&self.kind)?,
            class: self.class_id.map(ClassId),
            title: self.title,
            mode: column_word::read(&self.mode)?,
            slow_s: self.slow_s,
            last_seq: self.last_seq,
            made_by: PersonId(self.made_by),
            created_at: self.created_us,
            active_at: self.active_us,
            version: self.version,
        })
    }
}

/// Columns of [`PlaceRow`], from what [`place_tables`] joins.
macro_rules! place_columns {
    () => {
        "c.conversation_id, c.kind, c.class_id, c.title, c.mode, c.slow_s, c.last_seq, c.made_by, c.created_us,
        c.active_us, c.version, p.person_id, p.name AS person_name, p.role AS person_role, m.role AS member_role,
        m.state AS member_state, m.read_seq, m.delivered_seq, m.mentions, m.muted_until_us, m.last_sent_us,
        e.role AS class_role, e.state AS class_state,
        CASE WHEN c.kind = 'direct' THEN EXISTS (
            SELECT 1 FROM conversation_member AS other JOIN person_block AS b ON b.school_id = other.school_id
                AND ((b.person_id = p.person_id AND b.blocked_id = other.person_id)
                    OR (b.person_id = other.person_id AND b.blocked_id = p.person_id))
            WHERE other.school_id = c.school_id AND other.conversation_id = c.conversation_id
        ) ELSE FALSE END AS blocked,
        CASE WHEN c.mode = 'quiz_quiet' THEN (
            SELECT max(game.opened_us) FROM class_game AS given
            JOIN game ON game.school_id = given.school_id AND game.game_id = given.game_id
            WHERE given.school_id = c.school_id AND given.class_id = c.class_id
                AND game.state IN ('countdown', 'open', 'closed', 'reveal', 'board')
        ) END AS quiz_opened_us"
    };
}

/// What hangs on a conversation `c` and a person `p`.
macro_rules! place_tables {
    () => {
        "LEFT JOIN conversation_member AS m ON m.school_id = c.school_id
            AND m.conversation_id = c.conversation_id AND m.person_id = p.person_id
        LEFT JOIN enrollment AS e ON e.school_id = c.school_id AND e.class_id = c.class_id
            AND e.person_id = p.person_id"
    };
}

pub(super) use {place_columns, place_tables};

#[derive(FromRow)]
pub(super) struct PlaceRow {
    #[sqlx(flatten)]
    conversation: ConversationRow,
    person_id: Uuid,
    person_name: String,
    person_role: String,
    member_role: Option<String>,
    member_state: Option<String>,
    read_seq: Option<i64>,
    delivered_seq: Option<i64>,
    mentions: Option<i64>,
    muted_until_us: Option<Micros>,
    last_sent_us: Option<Micros>,
    class_role: Option<String>,
    class_state: Option<String>,
    blocked: bool,
    quiz_opened_us: Option<Micros>,
}

impl PlaceRow {
    pub(super) fn into_place(self) -> Result<Place, Unavailable> {
        let conversation = self.conversation.into_conversation()?;
        let of_class = conversation.kind == ConversationKind::Class;
        let standing = match (self.class_role, self.class_state, self.member_role, self.member_state) {
            (Some(role), Some(state), ..) if of_class => {
                Standing::Enrolled { role: column_word::read(&role)?, state: column_word::read(&state)? }
            }
            (.., Some(role), Some(state)) if !of_class => {
                Standing::Member { role: column_word::read(&role)?, state: column_word::read(&state)? }
            }
            _ => Standing::Outside,
        };
        Ok(Place {
            conversation,
            person: Somebody {
                id: PersonId(self.person_id),
                name: self.person_name,
                role: column_word::read(&self.person_role)?,
            },
            standing,
            read_seq: Seq::optional(self.read_seq).unwrap_or_default(),
            delivered_seq: Seq::optional(self.delivered_seq).unwrap_or_default(),
            mentions: self.mentions.and_then(|mentions| u32::try_from(mentions).ok()).unwrap_or(0),
            muted_until: self.muted_until_us,
            last_sent_at: self.last_sent_us,
            blocked: self.blocked,
            quiz_opened_at: self.quiz_opened_us,
        })
    }
}

const PLACE: &str = concat!(
    "SELECT ",
    place_columns!(),
    " FROM conversation AS c JOIN person AS p ON p.school_id = c.school_id AND p.person_id = $3 ",
    place_tables!(),
    " WHERE c.school_id = $1 AND c.conversation_id = $2"
);

pub(super) const GET: &str = "
    SELECT conversation_id, kind, class_id, title, mode, slow_s, last_seq, made_by, created_us, active_us, version
    FROM conversation WHERE school_id = $1 AND conversation_id = $2";

const OF_CLASS: &str = "
    SELECT conversation_id, kind, class_id, title, mode, slow_s, last_seq, made_by, created_us, active_us, version
    FROM conversation WHERE school_id = $1 AND class_id = $2";

/// Lets keys that point to it be made meanwhile.
const LOCK: Sql = Sql::each(
    "SELECT conversation_id, kind, class_id, title, mode, slow_s, last_seq, made_by, created_us, active_us, version
    FROM conversation WHERE school_id = $1 AND conversation_id = $2 FOR NO KEY UPDATE",
    GET,
);

/// Makes all that changes a conversation wait until the transaction ends.
pub(super) async fn lock(
    tx: &mut Tx,
    school: SchoolId,
    conversation: ConversationId,
) -> Result<Option<Conversation>, Unavailable> {
    let row: Option<ConversationRow> =
        tx.fetch_optional(LOCK, [school.0.into(), conversation.0.into()]).await?;
    row.map(ConversationRow::into_conversation).transpose()
}

/// As [`ChatRecords::place`], within a transaction.
pub(super) async fn place(
    tx: &mut Tx,
    school: SchoolId,
    conversation: ConversationId,
    person: PersonId,
) -> Result<Option<Place>, Unavailable> {
    let values = [school.0.into(), conversation.0.into(), person.0.into()];
    let row: Option<PlaceRow> = tx.fetch_optional(PLACE, values).await?;
    row.map(PlaceRow::into_place).transpose()
}

impl ChatRecords {
    /// A person's place in a conversation; none if the school has no such conversation or no such person. Whoever is of the
    /// school has one: [`Place::standing`] says which.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn place(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
    ) -> Result<Option<Place>, Unavailable> {
        let values = [school.0.into(), conversation.0.into(), person.0.into()];
        let row: Option<PlaceRow> = self.db.fetch_optional(school, PLACE, values).await?;
        row.map(PlaceRow::into_place).transpose()
    }

    /// The conversation of a class, if it was opened.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn of_class(
        &self,
        school: SchoolId,
        class: ClassId,
    ) -> Result<Option<Conversation>, Unavailable> {
        let row: Option<ConversationRow> =
            self.db.fetch_optional(school, OF_CLASS, [school.0.into(), class.0.into()]).await?;
        row.map(ConversationRow::into_conversation).transpose()
    }
}
