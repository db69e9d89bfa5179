use super::*;
use protocol::frame::Opcode;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const LIMIT: usize = 10_000;
const NOW: Burst = Burst::numbered(1);
const LATER: Burst = Burst::numbered(2);

fn frame(text: &str) -> Frame {
    Frame::build(Opcode::Text, |buffer| buffer.extend_from_slice(text.as_bytes()))
}

/// A socket that takes so many bytes and then nothing, and remembers its writes.
#[derive(Debug, Clone, Default)]
struct Pipe {
    room: Arc<AtomicUsize>,
    writes: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Pipe {
    fn with_room(room: usize) -> Self {
        let pipe = Self::default();
        pipe.room.store(room, Ordering::Relaxed);
        pipe
    }

    fn writes(&self) -> Vec<String> {
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        writes.iter().map(|write| String::from_utf8_lossy(write).into_owned()).collect()
    }
}

impl Wire for Pipe {
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let room = self.room.load(Ordering::Relaxed);
        let mut bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        bytes.truncate(room);
        if bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.room.store(room - bytes.len(), Ordering::Relaxed);
        let taken = bytes.len();
        self.writes.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
        Ok(taken)
    }
}

fn wired(pipe: &Pipe) -> Outbox {
    Outbox::wired(LIMIT, Arc::new(pipe.clone()), false)
}

/// What stands in the writes of `texts` when each is one frame.
fn framed(texts: &[&str]) -> String {
    let bytes: Vec<u8> = texts.iter().flat_map(|text| frame(text).bytes().to_vec()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_message_for_an_idle_connection_goes_straight_to_the_socket() {
    let pipe = Pipe::with_room(1000);
    let outbox = wired(&pipe);
    assert_eq!(outbox.send(&frame("a"), None, NOW), Sent::Done);
    assert_eq!(outbox.send(&frame("b"), None, LATER), Sent::Done);
    assert_eq!(pipe.writes(), [framed(&["a"]), framed(&["b"])]);
}

#[test]
fn a_burst_is_joined_into_one_write_by_the_flusher_that_was_asked_once() {
    let pipe = Pipe::with_room(1000);
    let outbox = wired(&pipe);
    let asked: Vec<Sent> =
        ["a", "b", "c", "d"].iter().map(|text| outbox.send(&frame(text), None, NOW)).collect();
    assert_eq!(asked, [Sent::Done, Sent::Flush, Sent::Done, Sent::Done]);
    outbox.flush();
    assert_eq!(pipe.writes(), [framed(&["a"]), framed(&["b", "c", "d"])]);
    assert_eq!(outbox.lock().size(), 0);
}

#[test]
fn what_a_task_sends_in_its_turn_leaves_as_one_write() {
    let pipe = Pipe::with_room(1000);
    let outbox = wired(&pipe);
    outbox.cork();
    outbox.queue(frame("reply 1"), None);
    assert_eq!(outbox.send(&frame("push"), None, NOW), Sent::Done);
    outbox.queue(frame("reply 2"), None);
    assert!(pipe.writes().is_empty());
    outbox.uncork();
    assert_eq!(pipe.writes(), [framed(&["reply 1", "push", "reply 2"])]);
}

#[test]
fn a_full_socket_loses_nothing_and_mixes_nothing() {
    let pipe = Pipe::with_room(5);
    let outbox = wired(&pipe);
    let texts: Vec<String> = (0..100).map(|number| format!("message {number}")).collect();
    for (at, text) in texts.iter().enumerate() {
        let _sent = outbox.send(&frame(text), None, Burst::numbered(at as u64 + 1));
    }
    assert!(outbox.is_blocked());
    while !outbox.is_empty() {
        pipe.room.store(37, Ordering::Relaxed);
        outbox.flush();
    }
    let all = pipe.writes().concat();
    assert_eq!(all, framed(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    let queue = outbox.lock();
    assert_eq!((queue.bytes, queue.begun), (0, 0));
}

#[test]
fn a_reader_that_takes_nothing_is_closed_and_its_queue_given_back() {
    let pipe = Pipe::with_room(4);
    let outbox = wired(&pipe);
    for at in 0..1_000 {
        let _sent = outbox.send(&frame("0123456789"), None, Burst::numbered(at + 1));
    }
    assert_eq!(outbox.closing(), Some(Disconnect::SLOW));
    assert!(outbox.lock().size() < 200, "only the frame that is half written stays");
    pipe.room.store(1000, Ordering::Relaxed);
    outbox.flush();
    assert_eq!(pipe.writes().concat(), framed(&["0123456789"]), "its rest keeps the stream whole");
}

#[test]
fn a_reader_that_takes_nothing_is_stalled_until_it_takes_something() {
    let pipe = Pipe::with_room(3);
    let outbox = wired(&pipe);
    // Written past the queue, and taken in part.
    let _sent = outbox.send(&frame("0123456789"), None, NOW);
    let since = outbox.lock().stalled_since;
    assert!(since.is_some(), "nobody may ever write to it again");
    std::thread::sleep(Duration::from_millis(20));
    assert!(outbox.is_stalled(Duration::ZERO));
    outbox.queue(frame("a ping"), None);
    outbox.flush();
    assert_eq!(outbox.lock().stalled_since, since, "what is sent to it changes nothing");
    pipe.room.store(2, Ordering::Relaxed);
    outbox.flush();
    assert!(outbox.lock().stalled_since > since, "it has taken something");
    pipe.room.store(1_000, Ordering::Relaxed);
    outbox.flush();
    assert_eq!(outbox.lock().stalled_since, None);
}

#[test]
fn only_the_latest_of_a_key_is_kept_in_its_place_but_never_one_that_is_half_written() {
    let pipe = Pipe::with_room(3);
    let outbox = wired(&pipe);
    let (count, status) = (Some(ConflateKey(1)), Some(ConflateKey(2)));
    let _sent = outbox.send(&frame("count 1"), count, NOW);
    for (key, text) in [(count, "count 2"), (None, "x"), (status, "on"), (count, "count 33"), (status, "off")]
    {
        let _sent = outbox.send(&frame(text), key, NOW);
    }
    pipe.room.store(1000, Ordering::Relaxed);
    outbox.flush();
    assert_eq!(pipe.writes().concat(), framed(&["count 1", "count 33", "x", "off"]));
}

#[test]
fn a_broken_socket_ends_the_connection() {
    #[derive(Debug)]
    struct Broken;
    impl Wire for Broken {
        fn try_write(&self, _: &[IoSlice<'_>]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let outbox = Outbox::wired(LIMIT, Arc::new(Broken), false);
    let _sent = outbox.send(&frame("a"), None, NOW);
    assert_eq!(outbox.closing(), Some(Disconnect::WRITE_ERROR));
}

#[tokio::test]
async fn a_transport_without_a_wire_is_woken_and_takes_bounded_batches() {
    let outbox = Outbox::new(1 << 20);
    for _ in 0..=BATCH_FRAMES {
        assert_eq!(outbox.send(&frame("m"), None, NOW), Sent::Done);
    }
    outbox.close(Disconnect::SHUTDOWN);
    let _late = outbox.send(&frame("after the close"), None, NOW);
    outbox.attention().await;
    let Some(Next::Write(first)) = outbox.take() else { unreachable!("messages are queued") };
    assert_eq!(first.len(), BATCH_FRAMES);
    assert_eq!(outbox.take(), Some(Next::Write(vec![frame("m")])));
    assert_eq!(outbox.take(), Some(Next::Close(Disconnect::SHUTDOWN)));
}

#[test]
fn what_is_left_is_the_limit_without_what_waits() {
    let outbox = Outbox::new(LIMIT);
    assert_eq!(outbox.free(), LIMIT);
    let waiting = frame("a few words");
    outbox.queue(waiting.clone(), None);
    assert_eq!(outbox.free(), LIMIT - waiting.len() - ENTRY_BYTES);
    assert!(outbox.take().is_some());
    assert_eq!(outbox.free(), LIMIT);
}

#[test]
fn a_message_sent_alone_takes_along_what_waits_and_waits_where_writing_is_not_its_turn() {
    let pipe = Pipe::with_room(1_000);
    let outbox = wired(&pipe);
    assert_eq!(outbox.send(&frame("a"), None, NOW), Sent::Done);
    assert_eq!(outbox.send(&frame("b"), None, NOW), Sent::Flush, "a flusher is asked, and has not come yet");
    outbox.send_alone(&frame("c"));
    assert_eq!(pipe.writes(), [framed(&["a"]), framed(&["b", "c"])]);
    outbox.flush();
    outbox.cork();
    outbox.send_alone(&frame("d"));
    assert_eq!(pipe.writes().len(), 2);
    outbox.uncork();
    outbox.send_alone(&frame("e"));
    assert_eq!(pipe.writes()[2..], [framed(&["d"]), framed(&["e"])]);
}

#[test]
fn a_sender_of_many_does_not_fill_the_queue_of_a_reader_who_reads() {
    let pipe = Pipe::with_room(1_000_000);
    let outbox = wired(&pipe);
    let text = "x".repeat(LIMIT / 5);
    for _ in 0..50 {
        let _flushed_at_the_end = outbox.send(&frame(&text), None, Burst::MORE_FOLLOWS);
    }
    outbox.flush();
    assert_eq!((outbox.closing(), pipe.writes().len()), (None, 25), "two at a time");
}
