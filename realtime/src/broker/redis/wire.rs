//! What nodes tell each other through a channel.
//!
//! A publication is `P<offset>:<epoch>:<previous offset>:<previous length>:`, the body of the previous publication if
//! deltas are wanted, and its own body: the numbers are known to the script only, bodies are carried as they are. Joins and
//! leaves are `J` and `L` with a client. Numbers inside are of variable length, seven bits a byte, the lowest first.

use crate::broker::{Conflate, Delivery, Draft, Previous};
use bytes::Bytes;
use protocol::{ClientInfo, Payload, Publication, command::StreamPosition};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// What arrives from a node.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    Publication(Box<Arrival>),
    Join(ClientInfo),
    Leave(ClientInfo),
}

/// A publication with its place in the stream.
#[derive(Debug, PartialEq)]
pub(super) struct Arrival {
    /// Offset 0 and an empty epoch without history.
    pub(super) position: StreamPosition,
    /// Carries the epoch if it is the first of it.
    pub(super) publication: Publication,
    pub(super) delivery: Delivery,
}

/// Bytes that are no message of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message between nodes cannot be read; do all nodes run versions that go together?")]
pub(crate) struct Malformed;

/// What a body has besides its payload.
mod flags {
    pub(super) const JSON: u8 = 1;
    pub(super) const INFO: u8 = 2;
    pub(super) const TAGS: u8 = 4;
    pub(super) const TIME: u8 = 8;
    pub(super) const CONFLATE: u8 = 16;
    pub(super) const ALL: u8 = 31;
}

/// Reads what came through a channel.
pub(super) fn read(payload: &[u8]) -> Result<Message, Malformed> {
    let (kind, rest) = payload.split_first().ok_or(Malformed)?;
    match kind {
        b'P' => Ok(Message::Publication(Box::new(read_arrival(Reader(rest))?))),
        b'J' => read_client(rest).map(Message::Join),
        b'L' => read_client(rest).map(Message::Leave),
        _ => Err(Malformed),
    }
}

fn read_arrival(mut reader: Reader<'_>) -> Result<Arrival, Malformed> {
    let offset = reader.decimal()?;
    let epoch = reader.until_colon()?.to_owned();
    let previous_offset = reader.decimal()?;
    let previous_length = reader.decimal()?;
    let previous = reader.take(previous_length)?;
    let (draft, conflate) = read_body(reader.0)?;
    let previous = match previous_offset {
        0 => None,
        offset => Some(Previous { offset, data: read_body(previous)?.0.data }),
    };
    let position = StreamPosition { offset, epoch };
    let publication = publication(draft, &position);
    Ok(Arrival { position, publication, delivery: Delivery { conflate, previous } })
}

/// A draft at its place in the stream.
pub(super) fn publication(draft: Draft, position: &StreamPosition) -> Publication {
    let mut publication = Publication::new(draft.data);
    publication.info = draft.info;
    publication.tags = draft.tags;
    publication.time = draft.time;
    publication.offset = position.offset;
    publication.epoch = (position.offset == 1).then(|| position.epoch.clone());
    publication
}

/// A join or leave as it is sent.
pub(super) fn membership(kind: u8, info: &ClientInfo) -> Vec<u8> {
    let mut bytes = vec![kind];
    write_client(&mut bytes, info);
    bytes
}

/// What is kept and sent of a publication.
pub(super) fn body(draft: &Draft, conflate: Option<Conflate>) -> Vec<u8> {
    let Draft { data, info, tags, time } = draft;
    let mut bytes = Vec::with_capacity(data.bytes().len() + 16);
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    bytes.push(
        flag(data.is_json(), flags::JSON)
            | flag(info.is_some(), flags::INFO)
            | flag(!tags.is_empty(), flags::TAGS)
            | flag(*time > 0, flags::TIME)
            | flag(conflate.is_some(), flags::CONFLATE),
    );
    if *time > 0 {
        write_number(&mut bytes, *time);
    }
    if let Some(Conflate(kind)) = conflate {
        write_bytes(&mut bytes, kind.as_bytes());
    }
    if !tags.is_empty() {
        write_number(&mut bytes, tags.len() as u64);
        for (name, value) in tags {
            write_bytes(&mut bytes, name.as_bytes());
            write_bytes(&mut bytes, value.as_bytes());
        }
    }
    if let Some(info) = info {
        let mut client = Vec::new();
        write_client(&mut client, info);
        write_bytes(&mut bytes, &client);
    }
    bytes.extend_from_slice(data.bytes());
    bytes
}

/// Reads what [`body`] wrote.
pub(super) fn read_body(bytes: &[u8]) -> Result<(Draft, Option<Conflate>), Malformed> {
    let mut reader = Reader(bytes);
    let set = reader.byte()?;
    if set & !flags::ALL != 0 {
        return Err(Malformed);
    }
    let has = |flag: u8| set & flag != 0;
    let time = if has(flags::TIME) { reader.number()? } else { 0 };
    let conflate = if has(flags::CONFLATE) { known_kind(reader.text()?) } else { None };
    let count = if has(flags::TAGS) { reader.number()? } else { 0 };
    let tags = (0..count).map(|_| Ok((reader.text()?.to_owned(), reader.text()?.to_owned())));
    let tags = tags.collect::<Result<_, Malformed>>()?;
    let info = if has(flags::INFO) { Some(read_client(reader.bytes()?)?) } else { None };
    // Copied: a slice would keep the client's whole read buffer alive as long as the slowest subscriber needs.
    let data = Bytes::copy_from_slice(reader.0);
    let data = if has(flags::JSON) { Payload::from_bytes(data) } else { Payload::binary(data) };
    Ok((Draft { data, info, tags, time }, conflate))
}

/// Writes a client; nothing may follow it.
pub(crate) fn write_client(bytes: &mut Vec<u8>, info: &ClientInfo) {
    write_bytes(bytes, info.user.as_bytes());
    write_bytes(bytes, info.client.as_bytes());
    for payload in [&info.conn_info, &info.chan_info] {
        match payload {
            None => bytes.push(0),
            Some(payload) => {
                bytes.push(if payload.is_json() { 1 } else { 2 });
                write_bytes(bytes, payload.bytes());
            }
        }
    }
}

/// Reads what [`write_client`] wrote.
pub(crate) fn read_client(bytes: &[u8]) -> Result<ClientInfo, Malformed> {
    let mut reader = Reader(bytes);
    let user = reader.text()?.to_owned();
    let client = reader.text()?.to_owned();
    let mut payload = || match reader.byte()? {
        0 => Ok(None),
        1 => Ok(Some(Payload::from_bytes(Bytes::copy_from_slice(reader.bytes()?)))),
        2 => Ok(Some(Payload::binary(Bytes::copy_from_slice(reader.bytes()?)))),
        _ => Err(Malformed),
    };
    let (conn_info, chan_info) = (payload()?, payload()?);
    if reader.0.is_empty() { Ok(ClientInfo { user, client, conn_info, chan_info }) } else { Err(Malformed) }
}

/// Names of kinds are words in the program's text, of which there are a handful. More than these are not taken from
/// others, and so not conflated.
const KINDS: usize = 64;

/// The kind that goes by a name.
fn known_kind(name: &str) -> Option<Conflate> {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    // Only whole inserts happen under the lock, so a panic elsewhere does not spoil it.
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kind) = known.get(name) {
        return Some(Conflate(kind));
    }
    if known.len() >= KINDS {
        return None;
    }
    let kind: &'static str = Box::leak(name.into());
    known.insert(kind);
    Some(Conflate(kind))
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn write_bytes(bytes: &mut Vec<u8>, content: &[u8]) {
    write_number(bytes, content.len() as u64);
    bytes.extend_from_slice(content);
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<u64, Malformed> {
        let mut number = 0_u64;
        for place in 0..10 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if place == 9 && bits > 1 {
                return Err(Malformed);
            }
            number |= bits << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| Malformed)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.number()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    fn until_colon(&mut self) -> Result<&'a str, Malformed> {
        let end = self.0.iter().position(|byte| *byte == b':').ok_or(Malformed)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        std::str::from_utf8(text).map_err(|_| Malformed)
    }

    fn decimal(&mut self) -> Result<u64, Malformed> {
        self.until_colon()?.parse().map_err(|_| Malformed)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::{collection, option, prelude::*};

    fn payload() -> impl Strategy<Value = Payload> {
        (any::<Vec<u8>>(), any::<String>(), any::<bool>()).prop_map(|(bytes, text, json)| {
            if json { Payload::of(&text) } else { Payload::binary(bytes.into()) }
        })
    }

    prop_compose! {
        fn client()(
            user: String,
            client: String,
            conn_info in option::of(payload()),
            chan_info in option::of(payload()),
        ) -> ClientInfo {
            ClientInfo { user, client, conn_info, chan_info }
        }
    }

    prop_compose! {
        fn draft()(
            data in payload(),
            info in option::of(client()),
            tags in collection::btree_map(any::<String>(), any::<String>(), 0..4),
            time: u64,
        ) -> Draft {
            Draft { data, info, tags, time }
        }
    }

    proptest! {
        #[test]
        fn a_body_is_read_as_it_was_written(draft in draft(), conflated: bool) {
            let conflate = conflated.then_some(Conflate("kind"));
            let read = read_body(&body(&draft, conflate)).unwrap();
            prop_assert_eq!(read, (draft, conflate));
        }

        #[test]
        fn a_client_is_read_as_it_was_written(info in client()) {
            let sent = membership(b'L', &info);
            prop_assert_eq!(read(&sent), Ok(Message::Leave(info)));
        }

        #[test]
        fn whatever_arrives_nothing_breaks(bytes: Vec<u8>, kind in "[PJL?]") {
            let _any = read_body(&bytes);
            let _any = read(&[kind.as_bytes(), &bytes].concat());
        }

        #[test]
        fn what_is_cut_off_is_no_client(info in client(), cut: prop::sample::Index) {
            let sent = membership(b'J', &info);
            prop_assert_eq!(read(&sent[..cut.index(sent.len())]), Err(Malformed));
        }
    }

    #[test]
    fn a_publication_comes_with_its_place_and_the_one_before() {
        let [before, now] = ["before", "now"].map(|text| Draft::new(Payload::of(&text)));
        let previous = body(&before, None);
        let mut sent = format!("P7:life:6:{}:", previous.len()).into_bytes();
        sent.extend(previous);
        sent.extend(body(&now, None));
        let Message::Publication(arrival) = read(&sent).unwrap() else { unreachable!("it begins with P") };
        assert_eq!(arrival.position, StreamPosition { offset: 7, epoch: "life".to_owned() });
        assert_eq!((arrival.publication.offset, &arrival.publication.epoch), (7, &None));
        assert_eq!(arrival.publication.data, now.data);
        assert_eq!(arrival.delivery.previous, Some(Previous { offset: 6, data: before.data }));
    }

    #[test]
    fn a_body_of_a_later_version_is_not_half_read() {
        assert_eq!(read_body(&[32, b'1']).unwrap_err(), Malformed);
        assert_eq!(read_body(&[]).unwrap_err(), Malformed);
    }

    #[test]
    fn a_name_of_a_kind_is_kept_once() {
        let (first, second) = (known_kind("once").unwrap(), known_kind(&String::from("once")).unwrap());
        assert!(std::ptr::eq(first.0, second.0));
    }
}
