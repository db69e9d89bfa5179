//! What a client that comes back has missed, and whether that is all of it. Rules only: the session reads and sends.

use crate::{
    broker::{HistoryPage, HistoryQuery},
    config::RecoveryMode,
};
use protocol::{Channel, ClientInfo, Publication, command::SubscribeRequest};

/// What a publication costs in a reply besides what it carries: names of fields, numbers, brackets.
const ENVELOPE_BYTES: usize = 64;

/// What became of a recovery.
#[derive(Debug, PartialEq)]
pub(super) enum Recovery {
    /// The client did not ask for one.
    NotAsked,
    /// This is all that the client has to know.
    Recovered(Vec<Publication>),
    /// Something is missing.
    Failed,
}

/// How much an answer may still carry, bytes. What does not fit the outbox would close the connection, and the client
/// would ask for it again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    left: usize,
    envelope: usize,
}

impl Room {
    /// Room for half of what the outbox has left: sizes are estimates, and others send meanwhile.
    pub(super) fn new(free: usize) -> Self {
        Self { left: free / 2, envelope: ENVELOPE_BYTES }
    }

    /// Room for publications that follow as pushes, each with its channel and a place of its own in the outbox.
    pub(super) fn for_pushes(self, channel: &Channel) -> Self {
        Self { envelope: self.envelope + ENVELOPE_BYTES + channel.as_str().len(), ..self }
    }

    /// How many things of at least so many bytes fit.
    pub(super) fn fits(self, least: usize) -> usize {
        self.left / least
    }

    /// Takes the place of a publication, if there is as much.
    pub(super) fn take(&mut self, publication: &Publication, quoted: bool) -> bool {
        // A payload in a JSON string is at most twice as long.
        let data = publication.data.bytes().len() << u32::from(quoted);
        let tags: usize = publication.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.take_bytes(data + tags + publication.info.as_ref().map_or(0, size_of_info))
    }

    /// Takes the place of a member of a channel, who is named once more by the client's id.
    pub(super) fn take_member(&mut self, info: &ClientInfo) -> bool {
        self.take_bytes(info.client.len() + size_of_info(info))
    }

    fn take_bytes(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes + self.envelope);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

fn size_of_info(info: &ClientInfo) -> usize {
    let payloads = [&info.conn_info, &info.chan_info].into_iter().flatten();
    info.user.len() + info.client.len() + payloads.map(|payload| payload.bytes().len()).sum::<usize>()
}

/// What to read of a channel's stream: its top in any case, and what may have been missed.
pub(super) fn query(request: &SubscribeRequest, mode: RecoveryMode, page: usize) -> HistoryQuery {
    match mode {
        _ if !request.recover => HistoryQuery { limit: 0, since: None, reverse: false },
        RecoveryMode::Stream => HistoryQuery { limit: page, since: Some(request.offset), reverse: false },
        RecoveryMode::Cache => HistoryQuery { limit: 1, since: None, reverse: true },
    }
}

/// Judges the answer to [`query`].
pub(super) fn judge(
    request: &SubscribeRequest,
    mode: RecoveryMode,
    HistoryPage { publications, top }: HistoryPage,
    quoted: bool,
    room: &mut Room,
) -> Recovery {
    if !request.recover {
        return Recovery::NotAsked;
    }
    let same_life = request.epoch == top.epoch;
    let nothing_missed = same_life && request.offset == top.offset;
    let complete = match (mode, publications.first(), publications.last()) {
        (RecoveryMode::Stream, Some(first), Some(last)) => {
            (same_life || request.epoch.is_empty())
                && first.offset == request.offset + 1
                && last.offset == top.offset
        }
        (RecoveryMode::Stream, ..) => (same_life || request.epoch.is_empty()) && request.offset == top.offset,
        // Whatever came before it, the latest is all that matters.
        (RecoveryMode::Cache, Some(latest), _) => latest.offset == top.offset,
        (RecoveryMode::Cache, None, _) => nothing_missed,
    };
    if !complete {
        return Recovery::Failed;
    }
    if nothing_missed {
        return Recovery::Recovered(Vec::new());
    }
    if publications.iter().all(|publication| room.take(publication, quoted)) {
        Recovery::Recovered(publications)
    } else {
        Recovery::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Payload, command::StreamPosition};

    const BIG: usize = 1 << 20;

    fn page(offsets: &[u64], top: u64) -> HistoryPage {
        let numbered = |&offset: &u64| Publication { offset, ..Publication::new(Payload::of(&offset)) };
        let top = StreamPosition { offset: top, epoch: "now".into() };
        HistoryPage { publications: offsets.iter().map(numbered).collect(), top }
    }

    fn recovered(mode: RecoveryMode, offset: u64, epoch: &str, page: HistoryPage) -> Option<Vec<u64>> {
        let request = SubscribeRequest { recover: true, offset, epoch: epoch.into(), ..Default::default() };
        match judge(&request, mode, page, false, &mut Room::new(BIG)) {
            Recovery::Recovered(publications) => Some(publications.iter().map(|it| it.offset).collect()),
            Recovery::Failed => None,
            Recovery::NotAsked => unreachable!("it was asked"),
        }
    }

    #[test]
    fn a_stream_is_recovered_only_without_a_hole() {
        for (offset, epoch, page, expected) in [
            (3, "now", page(&[4, 5], 5), Some(vec![4, 5])),
            (3, "", page(&[4, 5], 5), Some(vec![4, 5])),
            (5, "now", page(&[], 5), Some(vec![])),
            (0, "", page(&[], 0), Some(vec![])),
            (0, "", page(&[1, 2], 2), Some(vec![1, 2])),
            (0, "", page(&[2, 3], 3), None),
            (3, "before", page(&[4, 5], 5), None),
            (5, "before", page(&[], 5), None),
            (2, "now", page(&[4, 5], 5), None),
            (3, "now", page(&[4], 5), None),
            (7, "now", page(&[], 5), None),
            (u64::MAX, "now", page(&[], 5), None),
        ] {
            let got = recovered(RecoveryMode::Stream, offset, epoch, page);
            assert_eq!(got, expected, "from {offset} of {epoch:?}");
        }
    }

    #[test]
    fn a_cache_brings_its_latest_publication_unless_the_client_has_it() {
        for (offset, epoch, page, expected) in [
            (3, "now", page(&[5], 5), Some(vec![5])),
            (0, "", page(&[5], 5), Some(vec![5])),
            (5, "before", page(&[5], 5), Some(vec![5])),
            (5, "now", page(&[5], 5), Some(vec![])),
            (5, "now", page(&[], 5), Some(vec![])),
            (3, "now", page(&[], 5), None),
            (5, "before", page(&[], 5), None),
        ] {
            let got = recovered(RecoveryMode::Cache, offset, epoch, page);
            assert_eq!(got, expected, "from {offset} of {epoch:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_recovered_and_room_is_shared() {
        let request = SubscribeRequest { recover: true, ..Default::default() };
        let mut room = Room::new(2 * (2 * ENVELOPE_BYTES + 20));
        let mut judge = |quoted| judge(&request, RecoveryMode::Stream, page(&[1], 1), quoted, &mut room);
        assert!(matches!(judge(false), Recovery::Recovered(_)));
        assert!(matches!(judge(true), Recovery::Recovered(_)));
        assert_eq!(judge(false), Recovery::Failed);
    }
}
