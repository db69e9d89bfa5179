//! What records are called.

use super::RecordError;

/// Most characters of a title.
const MAX_TITLE: usize = 200;

/// A title that can be shown, as it stands in a field.
pub(super) fn title_in(field: &str, title: &str) -> Result<String, RecordError> {
    let title = title.trim();
    match title.chars().count() {
        1..=MAX_TITLE => Ok(title.to_owned()),
        _ => Err(RecordError::invalid(field, format!("give a {field} of 1 to {MAX_TITLE} characters"))),
    }
}

/// The same, of the field `title`.
pub(super) fn title(title: &str) -> Result<String, RecordError> {
    title_in("title", title)
}
