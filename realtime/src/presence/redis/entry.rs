//! One member as it stands in Redis: `<length of the node>:<length of the user>:<node><user><client>`. Scripts read the
//! numbers, and with them node and user; the client is as [`wire`] writes it.

use crate::broker::redis::wire::{self, Malformed};
use protocol::ClientInfo;

/// A member of a channel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The node that it is connected to.
    pub(super) node: String,
    pub(super) info: ClientInfo,
}

impl Entry {
    pub(super) fn new(node: &str, info: ClientInfo) -> Self {
        Self { node: node.to_owned(), info }
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let Self { node, info } = self;
        let mut bytes = format!("{}:{}:{node}{}", node.len(), info.user.len(), info.user).into_bytes();
        wire::write_client(&mut bytes, info);
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        let (node_length, rest) = number(bytes)?;
        let (user_length, rest) = number(rest)?;
        let (node, rest) = rest.split_at_checked(node_length).ok_or(Malformed)?;
        let (_, client) = rest.split_at_checked(user_length).ok_or(Malformed)?;
        let node = std::str::from_utf8(node).map_err(|_| Malformed)?;
        Ok(Self::new(node, wire::read_client(client)?))
    }
}

/// A number in decimal, and what stands behind its colon.
fn number(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let end = bytes.iter().position(|byte| *byte == b':').ok_or(Malformed)?;
    let text = std::str::from_utf8(&bytes[..end]).map_err(|_| Malformed)?;
    Ok((text.parse().map_err(|_| Malformed)?, &bytes[end + 1..]))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocol::Payload;

    proptest! {
        #[test]
        fn an_entry_is_read_as_it_was_written(node: String, user: String, client: String, text: String) {
            let info = ClientInfo { user, client, conn_info: None, chan_info: Some(Payload::of(&text)) };
            let entry = Entry { node, info };
            prop_assert_eq!(Entry::read(&entry.write()), Ok(entry));
        }

        #[test]
        fn whatever_stands_there_nothing_breaks(bytes: Vec<u8>) {
            let _any = Entry::read(&bytes);
            let _any = Entry::read(&[b"3:2:", &bytes[..]].concat());
        }
    }

    #[test]
    fn scripts_find_node_and_user_by_their_lengths() {
        let info = ClientInfo { user: "ä".to_owned(), ..ClientInfo::default() };
        let written = Entry::new("n:1", info).write();
        assert!(written.starts_with("3:2:n:1ä".as_bytes()));
        assert_eq!(Entry::read(b"9:1:short").unwrap_err(), Malformed);
    }
}
