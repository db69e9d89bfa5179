//! Channel names.

use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// Longest channel name, bytes.
pub const MAX_LENGTH: usize = 255;

/// A valid channel name: 1 to 255 printable ASCII characters.
///
/// The text before the first `:` is the namespace; a `#` marks the users that a channel is bound to. The school is
/// never part of a name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(Arc<str>);

/// A text that is no channel name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a channel name has 1 to 255 printable ascii characters")]
pub struct InvalidChannel;

impl Channel {
    /// Checks a name.
    ///
    /// # Errors
    /// [`InvalidChannel`] when the text is empty, too long or not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidChannel> {
        let printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if text.is_empty() || text.len() > MAX_LENGTH || !printable {
            return Err(InvalidChannel);
        }
        Ok(Self(text.into()))
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The namespace: the text before the first `:`, empty when there is none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.0.split_once(':').map_or("", |(namespace, _)| namespace)
    }

    /// The text behind the namespace.
    #[must_use]
    pub fn rest(&self) -> &str {
        self.0.split_once(':').map_or(&*self.0, |(_, rest)| rest)
    }

    /// The users that the channel is bound to (`…#a,b`), none when it is open to all.
    #[must_use]
    pub fn users(&self) -> Option<impl Iterator<Item = &str>> {
        self.0.split_once('#').map(|(_, users)| users.split(','))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.0)
    }
}

impl Serialize for Channel {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_at_its_first_colon_and_hash() {
        let channel = Channel::parse("user:#a:b,c").unwrap();
        assert_eq!((channel.namespace(), channel.rest()), ("user", "#a:b,c"));
        assert_eq!(channel.users().unwrap().collect::<Vec<_>>(), ["a:b", "c"]);
        assert_eq!(Channel::parse("plain").unwrap().namespace(), "");
    }

    #[test]
    fn empty_long_and_foreign_names_are_refused() {
        for text in ["", "schön", "a\nb", "a\0b", &"x".repeat(256)] {
            assert_eq!(Channel::parse(text), Err(InvalidChannel), "{text:?}");
        }
        assert!(Channel::parse(&"x".repeat(255)).is_ok());
    }
}
