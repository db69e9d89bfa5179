//! What each rule of RFC 6455 does to a reader; the same at a real socket is in `tests/edge/frames`.

use super::*;

const LIMIT: usize = 1_000;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame of a client.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | u8::try_from(short).unwrap_or(0)),
        medium => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&u16::try_from(medium).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

/// What a reader makes of these bytes when they come in pieces of so many.
fn read_in(bytes: &[u8], piece: usize) -> (Vec<String>, Result<(), Disconnect>) {
    let mut reader = FrameReader::new(LIMIT);
    let mut events = Vec::new();
    let mut outcome = Ok(());
    for chunk in bytes.chunks(piece) {
        let mut take = |event: Event<'_>| {
            events.push(format!("{event:?}"));
            Ok(())
        };
        outcome = reader.feed(&mut chunk.to_vec(), &mut take);
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        assert!(reader.open.is_some() || reader.held.len() <= LONGEST_HEADER);
    }
    (events, outcome)
}

/// The same in pieces of every size: pieces must not matter.
fn read(bytes: &[u8]) -> (Vec<String>, Result<(), Disconnect>) {
    let whole = read_in(bytes, bytes.len().max(1));
    for piece in 1..=bytes.len().min(40) {
        assert_eq!(read_in(bytes, piece), whole, "in pieces of {piece}");
    }
    whole
}

fn text(payload: &str) -> String {
    format!("{:?}", Event::Text(payload.as_bytes()))
}

#[test]
fn messages_and_control_frames_are_read_in_order() {
    let bytes =
        [frame(0x81, b"one"), frame(0x89, b"p"), frame(0x82, &[7; 300]), frame(0x8a, b""), frame(0x88, b"")]
            .concat();
    let (events, outcome) = read(&bytes);
    assert_eq!(outcome, Ok(()));
    let ping = format!("{:?}", Event::Ping(b"p"));
    let binary = format!("{:?}", Event::Binary(&[7; 300]));
    assert_eq!(events, [text("one"), ping, binary, "Pong".into(), "Close(None)".into()]);
}

#[test]
fn fragments_make_one_message_and_control_frames_may_come_between() {
    let bytes = [frame(0x01, b"on"), frame(0x89, b""), frame(0x00, b""), frame(0x80, b"e")].concat();
    assert_eq!(read(&bytes), (vec![format!("{:?}", Event::Ping(b"")), text("one")], Ok(())));
}

#[test]
fn what_breaks_the_framing_is_refused() {
    let unmasked = [0x81, 0x01, b'x'].to_vec();
    let long_in_short = [vec![0x81, 0x80 | 126, 0, 5], MASK.to_vec(), vec![0; 5]].concat();
    let long_in_medium = [vec![0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 1, 0], MASK.to_vec()].concat();
    let highest_bit = [vec![0x81, 0x80 | 127, 0x80, 0, 0, 0, 0, 0, 0, 0], MASK.to_vec()].concat();
    let long_ping = [vec![0x89, 0x80 | 126, 0, 126], MASK.to_vec(), vec![0; 126]].concat();
    let cases = [
        ("unmasked", unmasked),
        ("a length in a longer form than it needs", long_in_short),
        ("a length in the longest form", long_in_medium),
        ("a length with its highest bit", highest_bit),
        ("a ping of 126 bytes", long_ping),
        ("a continuation of nothing", frame(0x80, b"x")),
        ("a new message inside another", [frame(0x01, b"a"), frame(0x81, b"b")].concat()),
        ("a ping in fragments", frame(0x09, b"")),
        ("a close frame of one byte", frame(0x88, b"x")),
    ];
    for (what, bytes) in cases {
        assert_eq!(read(&bytes).1, Err(PROTOCOL_ERROR), "{what}");
    }
    for reserved in [0x10, 0x20, 0x40] {
        assert_eq!(read(&frame(0x81 | reserved, b"x")).1, Err(PROTOCOL_ERROR), "{reserved:x}");
    }
    for opcode in [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf] {
        assert_eq!(read(&frame(0x80 | opcode, b"")).1, Err(PROTOCOL_ERROR), "{opcode:x}");
    }
}

#[test]
fn text_is_utf8_wherever_it_is_split() {
    let word = "κόσμε 🎓";
    let bytes = word.as_bytes();
    for split in 0..=bytes.len() {
        let both = [frame(0x01, &bytes[..split]), frame(0x80, &bytes[split..])].concat();
        assert_eq!(read(&both), (vec![text(word)], Ok(())), "{split}");
    }
    for wrong in [&b"\xce\xba\xed\xa0\x80edited"[..], b"\xff", b"\xc0\x80", b"\xf4\x90\x80\x80"] {
        assert_eq!(read(&frame(0x81, wrong)).1, Err(NOT_UTF8));
        // Refused at the first fragment, though the message is not over.
        assert_eq!(read(&frame(0x01, wrong)).1, Err(NOT_UTF8));
    }
    assert_eq!(
        read(&frame(0x81, &"é".as_bytes()[..1])).1,
        Err(NOT_UTF8),
        "the end of a character is missing"
    );
    let (events, outcome) = read(&frame(0x82, b"\xff"));
    assert_eq!((events.len(), outcome), (1, Ok(())), "binary may be anything");
}

#[test]
fn close_codes_are_those_that_may_be_sent() {
    for code in [1000u16, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999] {
        let payload = [&code.to_be_bytes()[..], b"bye"].concat();
        assert_eq!(read(&frame(0x88, &payload)), (vec![format!("Close(Some({code}))")], Ok(())));
    }
    for code in [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535] {
        assert_eq!(read(&frame(0x88, &code.to_be_bytes())).1, Err(PROTOCOL_ERROR), "{code}");
    }
    let reason = [&1000u16.to_be_bytes()[..], b"\xff"].concat();
    assert_eq!(read(&frame(0x88, &reason)).1, Err(NOT_UTF8));
}

#[test]
fn a_message_is_refused_by_its_announced_length_before_it_comes() {
    let header = [vec![0x81, 0x80 | 126], 1_001u16.to_be_bytes().to_vec()].concat();
    assert_eq!(read(&header).1, Err(TOO_BIG));
    let huge = [vec![0x82, 0x80 | 127], (1u64 << 62).to_be_bytes().to_vec()].concat();
    assert_eq!(read(&huge).1, Err(TOO_BIG));
    let fits = frame(0x81, "x".repeat(LIMIT).as_bytes());
    assert_eq!(read(&fits).1, Ok(()));
    let pieces = [frame(0x01, &[b'x'; 600]), frame(0x80, &[b'x'; 401])].concat();
    assert_eq!(read(&pieces).1, Err(TOO_BIG));
}

#[test]
fn endless_empty_fragments_end_the_connection_and_take_no_memory() {
    let mut reader = FrameReader::new(LIMIT);
    reader.feed(&mut frame(0x01, b""), &mut |_| Ok(())).unwrap_or(());
    let mut fragments = 1;
    while reader.feed(&mut frame(0x00, b""), &mut |_| Ok(())).is_ok() {
        fragments += 1;
        assert!(fragments <= MOST_FRAGMENTS, "a flood is endless");
    }
    assert_eq!(reader.gathering.map_or(0, |message| message.bytes.capacity()), 0);
}
