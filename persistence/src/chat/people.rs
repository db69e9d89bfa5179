//! Who is in a conversation, and whom a person may find to begin one with.

use super::ChatRecords;
use super::conversation::{Seq, Somebody, Standing};
use crate::db::Sql;
use crate::{Cursor, Micros, Page, Unavailable, column_word};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use sqlx::FromRow;
use uuid::Uuid;

/// Somebody who is in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Who.
    pub person: Somebody,
    /// As what.
    pub standing: Standing,
    /// Since when; 0 for those whose class is older than that is kept.
    pub joined_at: Micros,
    /// How far the person has read.
    pub read_seq: Seq,
    /// How far messages have come to a device of the person.
    pub delivered_seq: Seq,
}

/// Whom to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// All of the school.
    Anyone,
    /// Staff, and who is in a class with the person.
    StaffOrClassmates,
    /// Staff.
    Staff,
}

#[derive(FromRow)]
struct ParticipantRow {
    of_class: bool,
    person_id: Uuid,
    name: String,
    person_role: String,
    role: String,
    state: String,
    joined_us: Micros,
    #[sqlx(try_from = "i64")]
    read_seq: Seq,
    #[sqlx(try_from = "i64")]
    delivered_seq: Seq,
}

impl ParticipantRow {
    fn into_participant(self) -> Result<Participant, Unavailable> {
        let standing = if self.of_class {
            Standing::Enrolled {
                role: column_word::read(&self.role)?,
                state: column_word::read(&self.state)?,
            }
        } else {
            Standing::Member { role: column_word::read(&self.role)?, state: column_word::read(&self.state)? }
        };
        Ok(Participant {
            person: Somebody {
                id: PersonId(self.person_id),
                name: self.name,
                role: column_word::read(&self.person_role)?,
            },
            standing,
            joined_at: self.joined_us,
            read_seq: self.read_seq,
            delivered_seq: self.delivered_seq,
        })
    }
}

const PEOPLE: &str = "
    WITH everybody AS (
        SELECT FALSE AS of_class, m.person_id, m.role, m.state, m.joined_us, m.read_seq, m.delivered_seq
        FROM conversation AS c
        JOIN conversation_member AS m ON m.school_id = c.school_id AND m.conversation_id = c.conversation_id
            AND m.state = 'active'
        WHERE c.school_id = $1 AND c.conversation_id = $2 AND c.kind <> 'class'
        UNION ALL
        SELECT TRUE, e.person_id, e.role, e.state, e.enrolled_us, COALESCE(m.read_seq, 0),
            COALESCE(m.delivered_seq, 0)
        FROM conversation AS c
        JOIN enrollment AS e ON e.school_id = c.school_id AND e.class_id = c.class_id AND e.state = 'active'
        LEFT JOIN conversation_member AS m ON m.school_id = c.school_id
            AND m.conversation_id = c.conversation_id AND m.person_id = e.person_id
        WHERE c.school_id = $1 AND c.conversation_id = $2
    )
    SELECT i.of_class, i.person_id, p.name, p.role AS person_role, i.role, i.state, i.joined_us, i.read_seq,
        i.delivered_seq
    FROM everybody AS i JOIN person AS p ON p.school_id = $1 AND p.person_id = i.person_id
    WHERE (i.joined_us, i.person_id) < ($3, $4)
    ORDER BY i.joined_us DESC, i.person_id DESC LIMIT $5";

const AUDIENCE: &str = "
    SELECT m.person_id FROM conversation AS c
    JOIN conversation_member AS m ON m.school_id = c.school_id AND m.conversation_id = c.conversation_id
        AND m.state = 'active'
    WHERE c.school_id = $1 AND c.conversation_id = $2 AND c.kind <> 'class'
    UNION ALL
    SELECT e.person_id FROM conversation AS c
    JOIN enrollment AS e ON e.school_id = c.school_id AND e.class_id = c.class_id AND e.state = 'active'
    WHERE c.school_id = $1 AND c.conversation_id = $2
    LIMIT $3";

const SHARE_CLASS: &str = "
    SELECT count(*) FROM (
        SELECT a.class_id FROM enrollment AS a
        JOIN enrollment AS b ON b.school_id = a.school_id AND b.class_id = a.class_id
        WHERE a.school_id = $1 AND a.person_id = $2 AND b.person_id = $3 AND a.state = 'active'
            AND b.state = 'active'
        LIMIT 1
    ) AS one";

/// Names are ordered by their bytes, and with that the databases know the case of ASCII only: letters beyond are looked for
/// in the forms that names have.
const REACHABLE: Sql = Sql::each(
    r"SELECT person_id, name, role FROM person AS p
    WHERE school_id = $1 AND person_id <> $2
        AND (name ILIKE $3 ESCAPE '\' OR name ILIKE $4 ESCAPE '\' OR name ILIKE $5 ESCAPE '\')
        AND ($6 OR role <> 'student' OR ($7 AND EXISTS (SELECT 1 FROM enrollment AS a
            JOIN enrollment AS b ON b.school_id = a.school_id AND b.class_id = a.class_id
            WHERE a.school_id = $1 AND a.person_id = $2 AND b.person_id = p.person_id AND a.state = 'active'
                AND b.state = 'active')))
    ORDER BY name, person_id LIMIT $8",
    r"SELECT person_id, name, role FROM person AS p
    WHERE school_id = $1 AND person_id <> $2
        AND (name LIKE $3 ESCAPE '\' OR name LIKE $4 ESCAPE '\' OR name LIKE $5 ESCAPE '\')
        AND ($6 OR role <> 'student' OR ($7 AND EXISTS (SELECT 1 FROM enrollment AS a
            JOIN enrollment AS b ON b.school_id = a.school_id AND b.class_id = a.class_id
            WHERE a.school_id = $1 AND a.person_id = $2 AND b.person_id = p.person_id AND a.state = 'active'
                AND b.state = 'active')))
    ORDER BY name, person_id LIMIT $8",
);

#[derive(FromRow)]
struct SomebodyRow {
    person_id: Uuid,
    name: String,
    role: String,
}

/// What contains a text.
fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}

impl ChatRecords {
    /// Lists who is in a conversation by now, the last to come first, `limit` of them behind `after`.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn people(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Participant>, Unavailable> {
        let after = after.unwrap_or(Cursor::START);
        let values = [
            school.0.into(),
            conversation.0.into(),
            after.at.into(),
            after.id.into(),
            (i64::from(limit) + 1).into(),
        ];
        let rows: Vec<ParticipantRow> = self.db.fetch_all(school, PEOPLE, values).await?;
        let items = rows.into_iter().map(ParticipantRow::into_participant).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, limit, |row: &Participant| Cursor { at: row.joined_at, id: row.person.id.0 }))
    }

    /// Who is in a conversation by now, in no order, at most so many: ask for one more than you take to learn whether there
    /// are more.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn audience(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        most: u32,
    ) -> Result<Vec<PersonId>, Unavailable> {
        let values = [school.0.into(), conversation.0.into(), most.into()];
        let rows: Vec<(Uuid,)> = self.db.fetch_all(school, AUDIENCE, values).await?;
        Ok(rows.into_iter().map(|(id,)| PersonId(id)).collect())
    }

    /// Whether two people are in one class by now.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn share_class(&self, school: SchoolId, a: PersonId, b: PersonId) -> Result<bool, Unavailable> {
        let values = [school.0.into(), a.0.into(), b.0.into()];
        let (shared,): (i64,) = self.db.fetch_one(school, SHARE_CLASS, values).await?;
        Ok(shared > 0)
    }

    /// Those whose names contain a text in any case, by name, without the person who looks; at most so many.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn reachable(
        &self,
        school: SchoolId,
        person: PersonId,
        whom: Whom,
        name: &str,
        limit: u32,
    ) -> Result<Vec<Somebody>, Unavailable> {
        let values = [
            school.0.into(),
            person.0.into(),
            pattern(name).into(),
            pattern(&name.to_lowercase()).into(),
            pattern(&capital(name)).into(),
            (whom == Whom::Anyone).into(),
            (whom == Whom::StaffOrClassmates).into(),
            limit.into(),
        ];
        let rows: Vec<SomebodyRow> = self.db.fetch_all(school, REACHABLE, values).await?;
        let somebody = |row: SomebodyRow| {
            Ok(Somebody { id: PersonId(row.person_id), name: row.name, role: column_word::read(&row.role)? })
        };
        rows.into_iter().map(somebody).collect()
    }
}
