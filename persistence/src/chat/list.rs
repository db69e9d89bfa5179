//! The conversations of a person, and how much of them is unread.

use super::ChatRecords;
use super::conversation::{Place, PlaceRow, Seq, Somebody, place_columns, place_tables};
use super::message::MessageState;
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use sqlx::FromRow;
use uuid::Uuid;

/// A conversation as one person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The person's place in it.
    pub place: Place,
    /// How many are in it.
    pub people: u32,
    /// The other one, if it is direct.
    pub with: Option<Somebody>,
    /// The newest message.
    pub last: Option<LastMessage>,
}

/// What a list shows of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastMessage {
    /// Its number.
    pub seq: Seq,
    /// Who sent it.
    pub sender: Somebody,
    /// The first 200 characters of what it says.
    pub body: String,
    /// Whether it says something.
    pub state: MessageState,
    /// When it was sent.
    pub sent_at: Micros,
}

/// What a person has not read, in all conversations together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Conversations with such messages: those that are not muted, and those in which the person is mentioned.
    pub conversations: u64,
    /// Messages, without those of conversations that are muted.
    pub messages: u64,
    /// Mentions of the person, with those.
    pub mentions: u64,
}

/// Columns of [`ShownRow`].
macro_rules! shown_columns {
    () => {
        concat!(
            place_columns!(),
            ", CASE WHEN c.kind = 'class' THEN (SELECT count(*) FROM enrollment AS one WHERE one.school_id = c.school_id
                AND one.class_id = c.class_id AND one.state = 'active')
            ELSE (SELECT count(*) FROM conversation_member AS one WHERE one.school_id = c.school_id
                AND one.conversation_id = c.conversation_id AND one.state = 'active') END AS people,
            o.person_id AS other_id, o.name AS other_name, o.role AS other_role,
            l.seq AS newest_seq, l.sender_id AS sender_id, s.name AS sender_name, s.role AS sender_role,
            substr(l.body, 1, 200) AS body, l.state AS message_state, l.sent_us"
        )
    };
}

/// What hangs on a conversation `c` and a person `p`.
macro_rules! shown_tables {
    () => {
        concat!(
            place_tables!(),
            " LEFT JOIN conversation_member AS om ON c.kind = 'direct' AND om.school_id = c.school_id
                AND om.conversation_id = c.conversation_id AND om.person_id <> p.person_id
            LEFT JOIN person AS o ON o.school_id = om.school_id AND o.person_id = om.person_id
            LEFT JOIN message AS l ON l.school_id = c.school_id AND l.conversation_id = c.conversation_id
                AND l.seq = c.last_seq
            LEFT JOIN person AS s ON s.school_id = l.school_id AND s.person_id = l.sender_id"
        )
    };
}

#[derive(FromRow)]
struct ShownRow {
    #[sqlx(flatten)]
    place: PlaceRow,
    #[sqlx(try_from = "i64")]
    people: u32,
    other_id: Option<Uuid>,
    other_name: Option<String>,
    other_role: Option<String>,
    newest_seq: Option<i64>,
    sender_id: Option<Uuid>,
    sender_name: Option<String>,
    sender_role: Option<String>,
    body: Option<String>,
    message_state: Option<String>,
    sent_us: Option<Micros>,
}

impl ShownRow {
    fn into_shown(self) -> Result<Shown, Unavailable> {
        let sender = somebody(self.sender_id, self.sender_name, self.sender_role)?;
        let last = match (Seq::optional(self.newest_seq), sender, self.body, self.message_state, self.sent_us)
        {
            (Some(seq), Some(sender), Some(body), Some(state), Some(sent_at)) => {
                Some(LastMessage { seq, sender, body, state: column_word::read(&state)?, sent_at })
            }
            _ => None,
        };
        Ok(Shown {
            place: self.place.into_place()?,
            people: self.people,
            with: somebody(self.other_id, self.other_name, self.other_role)?,
            last,
        })
    }
}

fn somebody(
    id: Option<Uuid>,
    name: Option<String>,
    role: Option<String>,
) -> Result<Option<Somebody>, Unavailable> {
    let (Some(id), Some(name), Some(role)) = (id, name, role) else { return Ok(None) };
    Ok(Some(Somebody { id: PersonId(id), name, role: column_word::read(&role)? }))
}

const SHOW: &str = concat!(
    "SELECT ",
    shown_columns!(),
    " FROM conversation AS c JOIN person AS p ON p.school_id = c.school_id AND p.person_id = $3 ",
    shown_tables!(),
    " WHERE c.school_id = $1 AND c.conversation_id = $2"
);

/// The page is cut before anything hangs on it.
const LIST: &str = concat!(
    "WITH own AS (
        SELECT c.conversation_id, c.active_us FROM conversation_member AS m
        JOIN conversation AS c ON c.school_id = m.school_id AND c.conversation_id = m.conversation_id
        WHERE m.school_id = $1 AND m.person_id = $2 AND m.state = 'active' AND c.kind <> 'class'
        UNION ALL
        SELECT c.conversation_id, c.active_us FROM enrollment AS e
        JOIN conversation AS c ON c.school_id = e.school_id AND c.class_id = e.class_id
        WHERE e.school_id = $1 AND e.person_id = $2 AND e.state IN ('active', 'completed')
    ), page AS (
        SELECT conversation_id FROM own WHERE (active_us, conversation_id) < ($3, $4)
        ORDER BY active_us DESC, conversation_id DESC LIMIT $5
    )
    SELECT ",
    shown_columns!(),
    " FROM page JOIN conversation AS c ON c.school_id = $1 AND c.conversation_id = page.conversation_id
    JOIN person AS p ON p.school_id = c.school_id AND p.person_id = $2 ",
    shown_tables!(),
    " ORDER BY c.active_us DESC, c.conversation_id DESC"
);

#[derive(FromRow)]
struct UnreadRow {
    conversations: i64,
    messages: i64,
    mentions: i64,
}

const UNREAD: &str = "
    WITH own AS (
        SELECT c.last_seq - m.read_seq AS unread, m.mentions AS mentions, m.muted_until_us
        FROM conversation_member AS m
        JOIN conversation AS c ON c.school_id = m.school_id AND c.conversation_id = m.conversation_id
        WHERE m.school_id = $1 AND m.person_id = $2 AND m.state = 'active' AND c.kind <> 'class'
        UNION ALL
        SELECT c.last_seq - COALESCE(m.read_seq, 0), COALESCE(m.mentions, 0), m.muted_until_us
        FROM enrollment AS e
        JOIN conversation AS c ON c.school_id = e.school_id AND c.class_id = e.class_id
        LEFT JOIN conversation_member AS m ON m.school_id = c.school_id
            AND m.conversation_id = c.conversation_id AND m.person_id = e.person_id
        WHERE e.school_id = $1 AND e.person_id = $2 AND e.state IN ('active', 'completed')
    ), heard AS (
        SELECT CASE WHEN muted_until_us > $3 THEN 0 ELSE unread END AS unread, mentions FROM own
    )
    SELECT count(*) AS conversations, CAST(COALESCE(sum(unread), 0) AS BIGINT) AS messages,
        CAST(COALESCE(sum(mentions), 0) AS BIGINT) AS mentions
    FROM heard WHERE unread > 0 OR mentions > 0";

impl ChatRecords {
    /// As [`Self::place`], with what a list shows of the conversation.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn show(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
    ) -> Result<Option<Shown>, Unavailable> {
        let values = [school.0.into(), conversation.0.into(), person.0.into()];
        let row: Option<ShownRow> = self.db.fetch_optional(school, SHOW, values).await?;
        row.map(ShownRow::into_shown).transpose()
    }

    /// Lists the conversations that a person is in, those of classes too that the person went through; where something was
    /// sent last comes first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn list(
        &self,
        school: SchoolId,
        person: PersonId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Shown>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            person.0.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<ShownRow> = self.db.fetch_all(school, LIST, values).await?;
        let items = rows.into_iter().map(ShownRow::into_shown).collect::<Result<_, _>>()?;
        let place = |shown: &Shown| {
            let conversation = &shown.place.conversation;
            Cursor { at: conversation.active_at, id: conversation.id.0 }
        };
        Ok(Page::cut(items, limit, place))
    }

    /// Counts what a person has not read.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn unread(
        &self,
        school: SchoolId,
        person: PersonId,
        now: Micros,
    ) -> Result<Unread, Unavailable> {
        let row: UnreadRow =
            self.db.fetch_one(school, UNREAD, [school.0.into(), person.0.into(), now.into()]).await?;
        let count = |column: i64| u64::try_from(column).unwrap_or(0);
        Ok(Unread {
            conversations: count(row.conversations),
            messages: count(row.messages),
            mentions: count(row.mentions),
        })
    }
}
