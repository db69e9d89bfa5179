//! Lists of ids in statements.

use crate::Unavailable;
use crate::db::Value;
use uuid::Uuid;

/// Many ids as one value, a JSON array: the text of a statement must not depend on how many there are. Postgres reads it by
/// `SELECT value::uuid FROM jsonb_array_elements_text($n) AS listed (value)`, SQLite by
/// `SELECT unhex(value) FROM json_each($n)`.
pub(crate) fn id_list(ids: impl IntoIterator<Item = Uuid>) -> Result<Value<'static>, Unavailable> {
    let ids: Vec<String> = ids.into_iter().map(|id| id.simple().to_string()).collect();
    Value::json(&ids)
}
