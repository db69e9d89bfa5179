//! Lists in pages, newest first.

use crate::Micros;
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A place in a list: behind the row with this time and id. Rows that come or go meanwhile shift nothing.
///
/// Its text form (`<microseconds>-<uuid>`) goes to clients, who hand it back as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) at: Micros,
    pub(crate) id: Uuid,
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that this server gave out; begin again without it")]
pub struct InvalidCursor;

impl Cursor {
    /// Before the newest row.
    pub(crate) const START: Self = Self { at: Micros(i64::MAX), id: Uuid::max() };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.0, self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (at, id) = text.rsplit_once('-').ok_or(InvalidCursor)?;
        let at = Micros(at.parse().map_err(|_| InvalidCursor)?);
        Ok(Self { at, id: Uuid::parse_str(id).map_err(|_| InvalidCursor)? })
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// From rows of which one more than `limit` was asked for.
    pub(crate) fn cut(mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(place) } else { None };
        Self { items, next }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text_form() {
        for cursor in [Cursor { at: Micros(-7), id: Uuid::now_v7() }, Cursor::START] {
            assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        }
    }

    #[test]
    fn foreign_texts_are_no_cursors() {
        for text in
            ["", "-", "1", "1-", "x-00000000000000000000000000000000", "1-0000", "9223372036854775808-0"]
        {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text:?}");
        }
    }

    #[test]
    fn the_last_page_has_no_next_one() {
        let place = |row: &i64| Cursor { at: Micros(*row), id: Uuid::nil() };
        let full = Page::cut(vec![5, 4], 2, place);
        assert_eq!((full.items, full.next), (vec![5, 4], None));
        let more = Page::cut(vec![5, 4, 3], 2, place);
        assert_eq!((more.items, more.next), (vec![5, 4], Some(place(&4))));
    }
}
