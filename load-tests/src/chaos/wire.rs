//! What a resuming client says and hears: the Centrifuge protocol in JSON, as much of it as continuity needs.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One line of a frame. All are optional; a line with none of them is a ping.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line<'a> {
    /// The command that it answers.
    pub(super) id: u32,
    #[serde(borrow)]
    pub(super) error: Option<Refusal<'a>>,
    pub(super) connect: Option<Connected>,
    #[serde(borrow)]
    pub(super) subscribe: Option<Subscribed<'a>>,
    #[serde(borrow)]
    pub(super) rpc: Option<Answered<'a>>,
    #[serde(borrow)]
    pub(super) push: Option<Push<'a>>,
}

/// Why the server said no.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Refusal<'a> {
    pub(super) code: u32,
    #[serde(borrow)]
    pub(super) message: Cow<'a, str>,
    /// Whether the same may succeed a moment later.
    pub(super) temporary: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Connected {
    /// Seconds between pings.
    pub(super) ping: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Subscribed<'a> {
    #[serde(borrow)]
    pub(super) epoch: Cow<'a, str>,
    pub(super) offset: u64,
    pub(super) recovered: bool,
    #[serde(borrow)]
    pub(super) publications: Vec<Publication<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answered<'a> {
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Push<'a> {
    #[serde(borrow)]
    pub(super) channel: Cow<'a, str>,
    #[serde(borrow, rename = "pub")]
    pub(super) publication: Option<Publication<'a>>,
    pub(super) unsubscribe: Option<Code>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Publication<'a> {
    #[serde(borrow)]
    pub(super) data: Option<&'a RawValue>,
    pub(super) offset: u64,
    /// Comes with the first publication of a stream.
    #[serde(borrow)]
    pub(super) epoch: Option<Cow<'a, str>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Code {
    pub(super) code: u32,
}

/// Whether a close code asks the client to come back (protocol, 8).
pub(super) fn comes_back(code: u16) -> bool {
    !matches!(code, 1009 | 3500..=3999 | 4500..=4999)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_kind_are_read() {
        let read = |text: &'static str| serde_json::from_str::<Line<'_>>(text).unwrap();
        let push = read(
            r#"{"push":{"channel":"a","pub":{"data":{"x":"\"1"},"offset":7,"info":{"user":"u"},"epoch":"e"}}}"#,
        );
        let publication = push.push.unwrap().publication.unwrap();
        assert_eq!((publication.offset, publication.data.unwrap().get()), (7, r#"{"x":"\"1"}"#));
        let reply = read(
            r#"{"id":2,"subscribe":{"recoverable":true,"epoch":"e","offset":3,"recovered":true,"was_recovering":true,"publications":[{"data":1,"offset":4}]}}"#,
        );
        let subscribed = reply.subscribe.unwrap();
        assert!(subscribed.recovered && subscribed.publications[0].offset == 4);
        assert!(
            read(r#"{"id":3,"error":{"code":100,"message":"x","temporary":true}}"#).error.unwrap().temporary
        );
        let ping = read("{}");
        assert!(ping.id == 0 && ping.push.is_none());
    }

    #[test]
    fn codes_say_who_comes_back() {
        assert!([1006, 3001, 3012, 4000, 5000].into_iter().all(comes_back));
        assert!(![1009, 3500, 3503, 4600].into_iter().any(comes_back));
    }
}
