//! Values of statements.
//!
//! Postgres keeps no NUL in texts, so it becomes U+FFFD on its way into either database: a player who sends one must not
//! keep a game's report from being kept.

use crate::{Micros, Unavailable};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sqlx::types::Json;
use sqlx::{Arguments as _, Database, Encode, Error, Type};
use std::borrow::Cow;
use uuid::Uuid;

/// What is bound to a placeholder. An absent value has a type, too: Postgres wants to know it.
#[derive(Clone, Debug)]
pub(crate) enum Value<'v> {
    Bool(Option<bool>),
    Bytes(Option<&'v [u8]>),
    F64(Option<f64>),
    I64(Option<i64>),
    Json(Option<Json<Box<RawValue>>>),
    Text(Option<Cow<'v, str>>),
    Uuid(Option<Uuid>),
}

impl Value<'_> {
    /// As JSON.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, Unavailable> {
        Self::optional_json(Some(value))
    }

    /// As JSON, if there is any.
    pub(crate) fn optional_json(value: Option<&impl Serialize>) -> Result<Self, Unavailable> {
        let raw = value.map(|value| without_escaped_nul(to_raw_value(value)?)).transpose()?;
        Ok(Self::Json(raw.map(Json)))
    }
}

fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', REPLACEMENT).into() } else { text.into() }
}

const REPLACEMENT: &str = "\u{fffd}";

/// NUL has one form in JSON that we write.
const ESCAPED_NUL: &str = "\\u0000";

fn without_escaped_nul(json: Box<RawValue>) -> Result<Box<RawValue>, serde_json::Error> {
    if !json.get().contains(ESCAPED_NUL) {
        return Ok(json);
    }
    let mut text = String::with_capacity(json.get().len());
    let mut rest = json.get();
    // Escapes are looked at one by one: a backslash may itself be escaped.
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        text.push_str(before);
        rest = match escape.strip_prefix(ESCAPED_NUL) {
            Some(behind) => {
                text.push_str(REPLACEMENT);
                behind
            }
            None => {
                let (escape, behind) = escape.split_at(2);
                text.push_str(escape);
                behind
            }
        };
    }
    text.push_str(rest);
    RawValue::from_string(text)
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(Some(value))
    }
}

impl From<Option<bool>> for Value<'_> {
    fn from(value: Option<bool>) -> Self {
        Self::Bool(value)
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(value: &'v [u8]) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::F64(Some(value))
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::I64(Some(value))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::I64(value)
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::I64(Some(i64::from(value)))
    }
}

impl From<Micros> for Value<'_> {
    fn from(value: Micros) -> Self {
        Self::I64(Some(value.0))
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(value: &'v str) -> Self {
        Self::Text(Some(without_nul(value)))
    }
}

impl<'v> From<&'v String> for Value<'v> {
    fn from(value: &'v String) -> Self {
        value.as_str().into()
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        let value = if value.contains('\0') { value.replace('\0', REPLACEMENT) } else { value };
        Self::Text(Some(Cow::Owned(value)))
    }
}

impl From<Uuid> for Value<'_> {
    fn from(value: Uuid) -> Self {
        Self::Uuid(Some(value))
    }
}

impl From<Option<Uuid>> for Value<'_> {
    fn from(value: Option<Uuid>) -> Self {
        Self::Uuid(value)
    }
}

/// Values in the form of a database.
pub(super) fn arguments<'v, DB>(values: impl IntoIterator<Item = Value<'v>>) -> Result<DB::Arguments, Error>
where
    DB: Database,
    Option<bool>: Encode<'v, DB> + Type<DB>,
    Option<&'v [u8]>: Encode<'v, DB> + Type<DB>,
    Option<f64>: Encode<'v, DB> + Type<DB>,
    Option<i64>: Encode<'v, DB> + Type<DB>,
    Option<Json<Box<RawValue>>>: Encode<'v, DB> + Type<DB>,
    Option<Cow<'v, str>>: Encode<'v, DB> + Type<DB>,
    Option<Uuid>: Encode<'v, DB> + Type<DB>,
{
    let mut arguments = DB::Arguments::default();
    for value in values {
        let added = match value {
            Value::Bool(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::F64(value) => arguments.add(value),
            Value::I64(value) => arguments.add(value),
            Value::Json(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Uuid(value) => arguments.add(value),
        };
        added.map_err(Error::Encode)?;
    }
    Ok(arguments)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn kept(value: &str) -> String {
        let Value::Json(Some(Json(raw))) = Value::json(&value).unwrap() else { unreachable!() };
        serde_json::from_str(raw.get()).unwrap()
    }

    #[test]
    fn a_nul_is_replaced_and_nothing_else() {
        for text in ["", "\\u0000", "\\\\u0000", "u0000", "a\n\"\\", "\u{1}", "üñ\u{10ffff}"] {
            assert_eq!(kept(text), text);
            assert_eq!(without_nul(text), text);
        }
        for (text, wanted) in [("\0", "\u{fffd}"), ("a\0\\\0", "a\u{fffd}\\\u{fffd}"), ("\\\0", "\\\u{fffd}")]
        {
            assert_eq!(kept(text), wanted);
            assert_eq!(without_nul(text), wanted);
        }
    }
}
