//! Whether a gradebook is still what somebody has seen, without loading its scores.

use super::Gradebooks;
use crate::{Micros, Unavailable};
use protocol::ids::{ClassId, SchoolId};
use sqlx::FromRow;
use uuid::Uuid;

/// One row of what a gradebook is made of: a kind, an id, and what changes with it.
#[derive(FromRow)]
struct PartRow {
    kind: String,
    id: Uuid,
    version: i64,
    text: String,
}

/// Entries of scores are never changed nor deleted, so how many there are tells whether there are new ones: the second count
/// is of those that count by now.
const PARTS: &str = "
    SELECT kind, id, version, text FROM (
        SELECT 'class' AS kind, class_id AS id, version, title AS text FROM class
        WHERE school_id = $1 AND class_id = $2
        UNION ALL
        SELECT 'policy', class_id, MAX(version), '' FROM grading_policy
        WHERE school_id = $1 AND class_id = $2 GROUP BY class_id
        UNION ALL
        SELECT 'category', category_id, version, '' FROM grade_category WHERE school_id = $1 AND class_id = $2
        UNION ALL
        SELECT 'line_item', line_item_id, version, '' FROM line_item WHERE school_id = $1 AND class_id = $2
        UNION ALL
        SELECT 'scores', class_id, COUNT(*), '' FROM score
        WHERE school_id = $1 AND class_id = $2 GROUP BY class_id
        UNION ALL
        SELECT 'counting', class_id, COUNT(*), '' FROM score
        WHERE school_id = $1 AND class_id = $2 AND scored_us <= $3 GROUP BY class_id
        UNION ALL
        SELECT 'student', enrollment.person_id, 0, enrollment.state || ' ' || person.name FROM enrollment
        JOIN person ON person.school_id = enrollment.school_id AND person.person_id = enrollment.person_id
        WHERE enrollment.school_id = $1 AND enrollment.class_id = $2 AND enrollment.role = 'student'
    ) AS part
    ORDER BY kind, id";

/// Namespace of the fingerprints.
const NAMESPACE: Uuid = Uuid::from_u128(0x8b6d_2f0e_5c1a_4d7b_9e30_71c4_5a9f_2d18);

impl Gradebooks {
    /// A text that is another one as soon as anything in the gradebook is, as of a moment; none if the school has no such
    /// class.
    ///
    /// # Errors
    /// [`Unavailable`] when the store fails.
    pub async fn fingerprint(
        &self,
        school: SchoolId,
        class: ClassId,
        as_of: Micros,
    ) -> Result<Option<Uuid>, Unavailable> {
        let values = [school.0.into(), class.0.into(), as_of.into()];
        let rows: Vec<PartRow> = self.db.fetch_all(school, PARTS, values).await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(rows.len() * 64);
        for row in rows {
            bytes.extend_from_slice(row.kind.as_bytes());
            bytes.extend_from_slice(row.id.as_bytes());
            bytes.extend_from_slice(&row.version.to_be_bytes());
            // With its length, so that no text can pass for the next row.
            bytes.extend_from_slice(&(row.text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(row.text.as_bytes());
        }
        Ok(Some(Uuid::new_v5(&NAMESPACE, &bytes)))
    }
}
