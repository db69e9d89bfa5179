//! Scripts: one atomic step each, kept by Redis under the checksum of its text.

use aws_lc_rs::digest;
use bytes::Bytes;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

/// One atomic step in Lua. All keys that it touches are passed in `KEYS` and are of one partition; times come from
/// `redis.call('TIME')`, so that a node with a wrong clock does no harm.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// For errors and logs.
    pub name: &'static str,
    /// The text, by `include_str!` of a file beside the Rust file. It ends with `return`. A first line
    /// `#!lua flags=allow-oom` lets it run on a server whose memory is used up: for what gives some back, and for signs of
    /// life. With a bare `#!lua` it is refused there before it begins, and not at its first command that takes some.
    pub body: &'static str,
}

/// A script as it is sent.
#[derive(Debug)]
pub(super) struct Prepared {
    pub source: Bytes,
    /// SHA-1 of the source in hexadecimal: the name that EVALSHA takes.
    pub sha: Bytes,
}

/// A list comes wrapped, behind a number. The client takes a reply that is a list of three to five with `message` or
/// `subscribe` in front for news of a channel and swallows it; a wrapped list can begin with what it likes.
const BEFORE: &str = "local reply = (function() ";
const BEHIND: &str = "\nend)()
if type(reply) == 'table' and not reply.err and not reply.ok then return {0, reply} end
return reply";

impl Prepared {
    fn new(script: &Script) -> Self {
        let first = script.body.find('\n').filter(|_| script.body.starts_with("#!")).map_or(0, |end| end + 1);
        let (first, body) = script.body.split_at(first);
        let source = [first, BEFORE, body, BEHIND].concat();
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, source.as_bytes());
        let mut sha = String::with_capacity(40);
        for byte in digest.as_ref() {
            #[expect(clippy::expect_used, reason = "a string takes all that is written to it")]
            write!(sha, "{byte:02x}").expect("a string is no file");
        }
        Self { source: source.into(), sha: sha.into() }
    }
}

/// All scripts that were ever run.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    // By the place of the text: bodies are static, and hashing a text of some kilobytes at each call would be waste.
    prepared: RwLock<HashMap<(usize, usize), Arc<Prepared>>>,
}

impl Scripts {
    pub(super) fn prepare(&self, script: &Script) -> Arc<Prepared> {
        let place = (script.body.as_ptr().addr(), script.body.len());
        let known = self.prepared.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        known.unwrap_or_else(|| {
            let mut prepared = self.prepared.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(prepared.entry(place).or_insert_with(|| Arc::new(Prepared::new(script))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_whole_text() {
        let script = Script { name: "one", body: "return 1" };
        let prepared = Prepared::new(&script);
        let whole = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &prepared.source);
        assert_eq!(prepared.sha.len(), 40);
        assert!(prepared.sha.starts_with(format!("{:02x}", whole.as_ref()[0]).as_bytes()));
        // RFC 3174, test 1.
        let abc = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, b"abc");
        assert_eq!(abc.as_ref()[..4], [0xa9, 0x99, 0x3e, 0x36]);
    }

    #[test]
    fn a_script_is_prepared_once() {
        let scripts = Scripts::default();
        let script = Script { name: "one", body: "return 1" };
        assert!(Arc::ptr_eq(&scripts.prepare(&script), &scripts.prepare(&script)));
        let other = Script { name: "one", body: "return 2" };
        assert_ne!(scripts.prepare(&script).sha, scripts.prepare(&other).sha);
    }
}
