//! What goes into scripts and what comes out of them.

use super::RedisError;
use bytes::Bytes;

/// One argument of a script. Redis sees bytes in each case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Text.
    Text(String),
    /// Bytes as they are.
    Bytes(Bytes),
    /// Written in decimal. A script that computes with it must stay below 2^53: numbers in Lua are doubles.
    Int(i64),
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Bytes> for Arg {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u8>> for Arg {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl From<&[u8]> for Arg {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Bytes::copy_from_slice(bytes))
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

/// Written in decimal whatever its size.
impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Int)
    }
}

/// What a script returned. Lua's `false` and `nil` are [`Value::Nil`], its `true` is 1; a list ends at its first `nil`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Nil,
    /// A whole number; Redis cuts fractions off.
    Int(i64),
    /// A string of any bytes. It may share the memory of the whole reply.
    Bytes(Bytes),
    /// A list.
    List(Vec<Value>),
}

impl Value {
    /// The number; also one that is written in decimal, as hashes and streams keep it.
    ///
    /// # Errors
    /// [`RedisError::Script`] when it is none.
    pub fn int(&self) -> Result<i64, RedisError> {
        match self {
            Self::Int(number) => Ok(*number),
            Self::Bytes(bytes) => {
                let number = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
                number.ok_or_else(|| self.is_no("number"))
            }
            Self::Nil | Self::List(_) => Err(self.is_no("number")),
        }
    }

    /// The bytes.
    ///
    /// # Errors
    /// [`RedisError::Script`] when it is no string.
    pub fn bytes(&self) -> Result<Bytes, RedisError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::Nil | Self::Int(_) | Self::List(_) => Err(self.is_no("string")),
        }
    }

    /// The text.
    ///
    /// # Errors
    /// [`RedisError::Script`] when it is no string of UTF-8.
    pub fn text(&self) -> Result<&str, RedisError> {
        match self {
            Self::Bytes(bytes) => std::str::from_utf8(bytes).map_err(|_| self.is_no("text")),
            Self::Nil | Self::Int(_) | Self::List(_) => Err(self.is_no("text")),
        }
    }

    /// The items.
    ///
    /// # Errors
    /// [`RedisError::Script`] when it is no list.
    pub fn list(&self) -> Result<&[Value], RedisError> {
        match self {
            Self::List(items) => Ok(items),
            Self::Nil | Self::Int(_) | Self::Bytes(_) => Err(self.is_no("list")),
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// What it is, without its content: errors are logged, and content may be an answer or a name.
    fn is_no(&self, wanted: &str) -> RedisError {
        let kind = match self {
            Self::Nil => "nothing",
            Self::Int(_) => "a number",
            Self::Bytes(_) => "a string",
            Self::List(_) => "a list",
        };
        RedisError::Script(format!("the reply has {kind} where a {wanted} belongs"))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn bytes(bytes: &'static [u8]) -> Value {
        Value::Bytes(Bytes::from_static(bytes))
    }

    #[test]
    fn numbers_come_as_such_or_in_decimal() {
        assert_eq!(Value::Int(-3).int().unwrap(), -3);
        assert_eq!(bytes(b"1790000000000").int().unwrap(), 1_790_000_000_000);
        for other in [Value::Nil, bytes(b""), bytes(b"1.5"), bytes(b"\xff"), Value::List(vec![Value::Int(1)])]
        {
            assert!(matches!(other.int(), Err(RedisError::Script(_))), "{other:?}");
        }
    }

    #[test]
    fn what_is_asked_for_must_be_there() {
        assert_eq!(bytes(b"a\xff").bytes().unwrap(), &b"a\xff"[..]);
        assert!(bytes(b"a\xff").text().is_err());
        assert_eq!(bytes("ä".as_bytes()).text().unwrap(), "ä");
        assert!(Value::Int(1).bytes().is_err());
        assert!(Value::Nil.text().is_err());
        assert_eq!(Value::List(vec![Value::Nil]).list().unwrap(), [Value::Nil]);
        assert!(Value::Nil.list().is_err());
    }

    #[test]
    fn an_error_does_not_tell_the_content() {
        let error = bytes(b"the answer").int().unwrap_err().to_string();
        assert!(!error.contains("answer"), "{error}");
    }

    #[test]
    fn great_numbers_keep_their_digits() {
        assert_eq!(Arg::from(7_u64), Arg::Int(7));
        assert_eq!(Arg::from(u64::MAX), Arg::Text("18446744073709551615".to_owned()));
    }
}
