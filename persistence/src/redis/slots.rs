//! Which master serves which slots.

use super::address::ServerAddress;
use super::master::Master;
use super::partitions::SLOTS;
use super::{RedisError, Value};
use std::sync::Arc;

/// Slots next to each other that one master serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub from: u16,
    pub to: u16,
    pub address: ServerAddress,
}

/// Reads the reply to CLUSTER SLOTS: of each range its ends and then its servers, the master first, each with host, port
/// and more. A host that is not known to `asked` is its own.
pub(super) fn read_ranges(reply: &Value, asked: &ServerAddress) -> Result<Vec<Range>, RedisError> {
    let mut ranges = Vec::new();
    for range in reply.list()? {
        let [from, to, master, ..] = range.list()? else { return Err(strange()) };
        let [host, port, ..] = master.list()? else { return Err(strange()) };
        let host = match host.text() {
            Ok(host) if !host.is_empty() && host != "?" => host,
            Ok(_) | Err(_) => asked.host.as_str(),
        };
        let slot = |value: &Value| -> Result<u16, RedisError> {
            u16::try_from(value.int()?).ok().filter(|slot| *slot < SLOTS).ok_or_else(strange)
        };
        ranges.push(Range {
            from: slot(from)?,
            to: slot(to)?,
            address: ServerAddress {
                host: host.to_owned(),
                port: u16::try_from(port.int()?).map_err(|_| strange())?,
            },
        });
    }
    ranges.sort_by_key(|range| range.from);
    Ok(ranges)
}

fn strange() -> RedisError {
    RedisError::Unavailable("the reply to CLUSTER SLOTS is not what Redis describes".to_owned())
}

/// How many slots have a master.
pub(super) fn covered(ranges: &[Range]) -> u32 {
    ranges.iter().map(|range| u32::from(range.to.saturating_sub(range.from)) + 1).sum()
}

/// The masters in the order of their slots.
#[derive(Debug, Default)]
pub(super) struct SlotMap {
    ranges: Vec<(Range, Arc<Master>)>,
}

impl SlotMap {
    /// `ranges` are sorted and do not overlap.
    pub(super) fn new(ranges: Vec<Range>, mut master: impl FnMut(&ServerAddress) -> Arc<Master>) -> Self {
        let with_master = |range: Range| {
            let master = master(&range.address);
            (range, master)
        };
        Self { ranges: ranges.into_iter().map(with_master).collect() }
    }

    /// Who serves a slot.
    pub(super) fn master(&self, slot: u16) -> Option<&Arc<Master>> {
        let after = self.ranges.partition_point(|(range, _)| range.from <= slot);
        let (range, master) = self.ranges.get(after.checked_sub(1)?)?;
        (slot <= range.to).then_some(master)
    }

    /// Any master, one that answers if there is one.
    pub(super) fn any(&self) -> Option<&Arc<Master>> {
        let mut masters = self.ranges.iter().map(|(_, master)| master);
        masters.clone().find(|master| master.answers()).or_else(|| masters.next())
    }

    /// Whether a server serves a slot.
    pub(super) fn serves(&self, address: &ServerAddress, slot: u16) -> bool {
        self.master(slot).is_some_and(|master| master.address == *address)
    }

    /// All that serve any.
    pub(super) fn masters(&self) -> impl Iterator<Item = &Arc<Master>> {
        self.ranges.iter().map(|(_, master)| master)
    }

    /// Whether this is what a server has said.
    pub(super) fn is(&self, ranges: &[Range]) -> bool {
        self.ranges.iter().map(|(range, _)| range).eq(ranges)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn text(text: &'static str) -> Value {
        Value::Bytes(Bytes::from_static(text.as_bytes()))
    }

    fn range(from: i64, to: i64, host: Value, port: i64) -> Value {
        let server = |host| Value::List(vec![host, Value::Int(port), text("id"), Value::List(Vec::new())]);
        Value::List(vec![Value::Int(from), Value::Int(to), server(host), server(text("replica"))])
    }

    #[test]
    fn ranges_are_read_with_their_masters() {
        let asked = ServerAddress { host: "10.0.0.1".to_owned(), port: 7000 };
        let reply = Value::List(vec![
            range(8_000, 16_383, text("10.0.0.2"), 7001),
            range(0, 5_000, text(""), 7000),
            range(5_001, 7_999, Value::Nil, 7002),
        ]);
        let ranges = read_ranges(&reply, &asked).unwrap();
        let shown: Vec<_> =
            ranges.iter().map(|range| (range.from, range.to, range.address.to_string())).collect();
        assert_eq!(
            shown,
            [
                (0, 5_000, "10.0.0.1:7000".to_owned()),
                (5_001, 7_999, "10.0.0.1:7002".to_owned()),
                (8_000, 16_383, "10.0.0.2:7001".to_owned())
            ]
        );
        assert_eq!(covered(&ranges), 16_384);
        assert_eq!(covered(&ranges[1..]), 16_384 - 5_001);
    }

    #[test]
    fn a_strange_reply_is_no_map() {
        let asked = ServerAddress { host: "10.0.0.1".to_owned(), port: 7000 };
        for reply in [
            Value::Nil,
            Value::List(vec![Value::Nil]),
            Value::List(vec![Value::List(vec![Value::Int(0), Value::Int(1)])]),
            Value::List(vec![range(0, 16_384, text("a"), 1)]),
            Value::List(vec![range(-1, 1, text("a"), 1)]),
            Value::List(vec![range(0, 1, text("a"), 70_000)]),
        ] {
            assert!(read_ranges(&reply, &asked).is_err(), "{reply:?}");
        }
    }
}
