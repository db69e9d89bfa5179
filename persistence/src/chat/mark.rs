//! How far people have read.

use super::ChatRecords;
use super::conversation::Seq;
use crate::db::{Tx, Value};
use crate::{Micros, Unavailable};
use protocol::ids::{ConversationId, PersonId, SchoolId};
use sqlx::FromRow;

/// How far a person has read in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// How far the person has read.
    pub read_seq: Seq,
    /// How far messages have come to a device of the person.
    pub delivered_seq: Seq,
    /// How often the person is mentioned beyond what is read.
    pub mentions: u32,
    /// Number of the newest message.
    pub last_seq: Seq,
    /// Whether one of the first two has grown.
    pub changed: bool,
}

/// How many have got a message, its sender left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readers {
    /// Who have read it.
    pub read: u32,
    /// To a device of whom it has come.
    pub delivered: u32,
    /// Who are in the conversation.
    pub of: u32,
}

/// Makes the row of somebody who is in a class, where a row says nothing but this; everywhere else there is one.
const MAKE: &str = "
    INSERT INTO conversation_member (school_id, conversation_id, person_id, joined_us)
    SELECT c.school_id, c.conversation_id, p.person_id, $4 FROM conversation AS c
    JOIN person AS p ON p.school_id = c.school_id AND p.person_id = $3
    WHERE c.school_id = $1 AND c.conversation_id = $2 AND c.kind = 'class'
    ON CONFLICT (school_id, conversation_id, person_id) DO NOTHING";

/// Marks grow and never pass the newest message. Who has read something has got it.
const GROW: &str = "
    UPDATE conversation_member AS m SET
        read_seq = CASE WHEN g.read_seq > m.read_seq THEN g.read_seq ELSE m.read_seq END,
        delivered_seq = CASE WHEN g.delivered_seq > m.delivered_seq THEN g.delivered_seq ELSE m.delivered_seq END
    FROM (
        SELECT CASE WHEN last_seq < $4 THEN last_seq ELSE $4 END AS read_seq,
            CASE WHEN last_seq < $5 THEN last_seq ELSE $5 END AS delivered_seq
        FROM conversation WHERE school_id = $1 AND conversation_id = $2
    ) AS g
    WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.person_id = $3 AND m.state = 'active'
        AND (g.read_seq > m.read_seq OR g.delivered_seq > m.delivered_seq)";

/// Who sends a mention adds to the row that this holds, so none is lost or counted twice.
const COUNT_MENTIONS: &str = "
    UPDATE conversation_member SET mentions = (
        SELECT count(*) FROM message_mention AS n WHERE n.school_id = conversation_member.school_id
            AND n.conversation_id = conversation_member.conversation_id
            AND n.person_id = conversation_member.person_id AND n.seq > conversation_member.read_seq
    )
    WHERE school_id = $1 AND conversation_id = $2 AND person_id = $3 AND mentions > 0";

const MARKS: &str = "
    SELECT m.read_seq, m.delivered_seq, m.mentions, c.last_seq FROM conversation_member AS m
    JOIN conversation AS c ON c.school_id = m.school_id AND c.conversation_id = m.conversation_id
    WHERE m.school_id = $1 AND m.conversation_id = $2 AND m.person_id = $3 AND m.state = 'active'";

#[derive(FromRow)]
struct MarksRow {
    #[sqlx(try_from = "i64")]
    read_seq: Seq,
    #[sqlx(try_from = "i64")]
    delivered_seq: Seq,
    #[sqlx(try_from = "i64")]
    mentions: u32,
    #[sqlx(try_from = "i64")]
    last_seq: Seq,
}

const MUTE: &str = "
    UPDATE conversation_member SET muted_until_us = $4
    WHERE school_id = $1 AND conversation_id = $2 AND person_id = $3 AND state = 'active'";

const READERS: &str = "
    SELECT count(CASE WHEN i.read_seq >= $3 THEN 1 END) AS read,
        count(CASE WHEN i.delivered_seq >= $3 THEN 1 END) AS delivered, count(i.person_id) AS everybody
    FROM message AS w
    LEFT JOIN (
        SELECT m.person_id, m.read_seq, m.delivered_seq FROM conversation AS c
        JOIN conversation_member AS m ON m.school_id = c.school_id AND m.conversation_id = c.conversation_id
            AND m.state = 'active'
        WHERE c.school_id = $1 AND c.conversation_id = $2 AND c.kind <> 'class'
        UNION ALL
        SELECT e.person_id, COALESCE(m.read_seq, 0), COALESCE(m.delivered_seq, 0) FROM conversation AS c
        JOIN enrollment AS e ON e.school_id = c.school_id AND e.class_id = c.class_id AND e.state = 'active'
        LEFT JOIN conversation_member AS m ON m.school_id = c.school_id
            AND m.conversation_id = c.conversation_id AND m.person_id = e.person_id
        WHERE c.school_id = $1 AND c.conversation_id = $2
    ) AS i ON i.person_id <> w.sender_id
    WHERE w.school_id = $1 AND w.conversation_id = $2 AND w.seq = $3
    GROUP BY w.seq";

#[derive(FromRow)]
struct ReadersRow {
    #[sqlx(try_from = "i64")]
    read: u32,
    #[sqlx(try_from = "i64")]
    delivered: u32,
    #[sqlx(try_from = "i64")]
    everybody: u32,
}

type Member = (SchoolId, ConversationId, PersonId);

fn member<'v>((school, conversation, person): Member) -> Vec<Value<'v>> {
    vec![school.0.into(), conversation.0.into(), person.0.into()]
}

async fn make(tx: &mut Tx, of: Member, now: Micros) -> Result<(), Unavailable> {
    let mut values = member(of);
    values.push(now.into());
    tx.execute(MAKE, values).await?;
    Ok(())
}

impl ChatRecords {
    /// Says that a person has read up to a message. None if there is no such conversation, or the person is no member of a
    /// direct one or a group; in that of a class whoever is named gets a mark, so ask for the person's place first.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; nothing was changed then.
    pub async fn read(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
        seq: Seq,
        now: Micros,
    ) -> Result<Option<Marks>, Unavailable> {
        self.mark((school, conversation, person), seq, seq, now).await
    }

    /// As [`Self::read`], of messages that have come to a device of the person.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; nothing was changed then.
    pub async fn delivered(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
        seq: Seq,
        now: Micros,
    ) -> Result<Option<Marks>, Unavailable> {
        self.mark((school, conversation, person), Seq(0), seq, now).await
    }

    async fn mark(
        &self,
        of: Member,
        read: Seq,
        delivered: Seq,
        now: Micros,
    ) -> Result<Option<Marks>, Unavailable> {
        let mut tx = self.db.write(of.0).await?;
        let marks = || {
            let mut values = member(of);
            values.extend::<[Value<'_>; 2]>([read.into(), delivered.into()]);
            values
        };
        let mut changed = tx.execute(GROW, marks()).await? > 0;
        if !changed {
            // Perhaps for want of a row, which another may be making at the same time.
            make(&mut tx, of, now).await?;
            changed = tx.execute(GROW, marks()).await? > 0;
        }
        if changed && read > Seq(0) {
            tx.execute(COUNT_MENTIONS, member(of)).await?;
        }
        let row: Option<MarksRow> = tx.fetch_optional(MARKS, member(of)).await?;
        tx.commit().await?;
        Ok(row.map(|row| Marks {
            read_seq: row.read_seq,
            delivered_seq: row.delivered_seq,
            mentions: row.mentions,
            last_seq: row.last_seq,
            changed,
        }))
    }

    /// Leaves a conversation out of what a person hears of until then; `None` hears again. Returns whether there is such a
    /// place, as [`Self::read`] does.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails; nothing was changed then.
    pub async fn mute(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        person: PersonId,
        until: Option<Micros>,
        now: Micros,
    ) -> Result<bool, Unavailable> {
        let of = (school, conversation, person);
        let mut tx = self.db.write(school).await?;
        make(&mut tx, of, now).await?;
        let mut values = member(of);
        values.push(until.map(|until| until.0).into());
        let found = tx.execute(MUTE, values).await? > 0;
        tx.commit().await?;
        Ok(found)
    }

    /// How many have got a message; none if there is no such message.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn readers(
        &self,
        school: SchoolId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Option<Readers>, Unavailable> {
        let values = [school.0.into(), conversation.0.into(), seq.into()];
        let row: Option<ReadersRow> = self.db.fetch_optional(school, READERS, values).await?;
        Ok(row.map(|row| Readers { read: row.read, delivered: row.delivered, of: row.everybody }))
    }
}
