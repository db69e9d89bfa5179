//! Text is UTF-8, wherever it is cut; what is not is refused at the first byte that shows it.

use crate::raw::{
    CONTINUATION, FIN, Raw, Seen, TEXT, binary, fragments, frame, header, open_server, ping, text,
};

/// The first and last characters of each length, non-characters, and neighbours of the surrogates.
const CHARACTERS: [char; 18] = [
    ' ',
    '\u{7f}',
    '\u{80}',
    '\u{7ff}',
    '\u{800}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{feff}',
    '\u{fffd}',
    '\u{fffe}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1fffe}',
    '\u{1ffff}',
    '\u{3ffff}',
    '\u{fffff}',
    '\u{10fffe}',
    '\u{10ffff}',
];

/// What is not UTF-8, and how many of its bytes show it. The beginning is good.
const WRONG: [(&[u8], usize); 22] = [
    (b"\x80", 1),
    (b"\xbf\x80", 1),
    (b"\xc0\xaf", 1),
    (b"\xc1\xbf", 1),
    (b"\xe0\x80\xaf", 2),
    (b"\xe0\x9f\xbf", 2),
    (b"\xf0\x80\x80\xaf", 2),
    (b"\xf0\x8f\xbf\xbf", 2),
    (b"\xf8\x88\x80\x80\x80", 1),
    (b"\xfc\x84\x80\x80\x80\x80", 1),
    (b"\xfe", 1),
    (b"\xff", 1),
    (b"\xed\xa0\x80", 2),
    (b"\xed\xbf\xbf", 2),
    (b"\xf4\x90\x80\x80", 2),
    (b"\xf5\x80\x80\x80", 1),
    (b"\xc3\x28", 2),
    (b"\xe2\x28\xa1", 2),
    (b"\xe2\x82\x28", 3),
    (b"\xf0\x28\x8c\xbc", 2),
    (b"\xf0\x90\x28\xbc", 3),
    (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80", 13),
];

fn words() -> String {
    CHARACTERS.iter().chain(&['κ', 'ό', 'σ', 'μ', 'ε', '🎓']).collect()
}

#[tokio::test]
async fn text_comes_back_as_it_went_cut_at_every_byte() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    let words = words();
    let command = raw.echo(&words);
    raw.send(&text(&command)).await;
    assert_eq!(raw.echoed().await, words);
    for at in 0..=command.len() {
        let (one, two) = command.as_bytes().split_at(at);
        raw.send(&fragments(TEXT, [one, two], &ping("in mid-character"))).await;
        assert_eq!(raw.next().await.unwrap(), Seen::pong("in mid-character"));
        assert_eq!(raw.echoed().await, words, "cut at {at}");
    }
    raw.send(&fragments(TEXT, command.as_bytes().chunks(1), &[])).await;
    assert_eq!(raw.echoed().await, words, "each byte a fragment");
    raw.chopped(&text(&command), 1).await;
    assert_eq!(raw.echoed().await, words, "each byte a write");
}

#[tokio::test]
async fn each_character_of_a_border_is_taken() {
    let server = open_server(|_| {}).await;
    let mut raw = Raw::talking(server.address).await;
    for character in CHARACTERS {
        let words = character.to_string();
        let command = raw.echo(&words);
        raw.send(&text(command)).await;
        assert_eq!(raw.echoed().await, words, "{:x}", u32::from(character));
    }
}

#[tokio::test]
async fn what_is_no_utf8_is_refused_in_a_frame_and_in_fragments() {
    let server = open_server(|_| {}).await;
    for (wrong, _) in WRONG {
        let long = [b"a good beginning ".as_slice(), wrong, b" and end"].concat();
        for bytes in [text(wrong), text(&long), fragments(TEXT, long.chunks(1), &[])] {
            let mut raw = Raw::talking(server.address).await;
            // The door may be closed before all is said.
            let _cut = raw.push_on(&bytes).await;
            assert_eq!(raw.closed().await, 1007, "{wrong:x?}");
        }
    }
}

#[tokio::test]
async fn it_is_refused_at_the_first_byte_that_shows_it() {
    let server = open_server(|_| {}).await;
    for (wrong, shown) in WRONG {
        let (before, after) = (&wrong[..shown - 1], &wrong[..shown]);
        // A fragment that is not the last: the message is not over.
        let mut raw = Raw::talking(server.address).await;
        raw.send(&[frame(TEXT, before), ping("")].concat()).await;
        assert_eq!(raw.next().await.unwrap(), Seen::pong(""), "{before:x?} may become UTF-8");
        raw.send(&frame(CONTINUATION, &wrong[shown - 1..shown])).await;
        assert_eq!(raw.closed().await, 1007, "{wrong:x?} in fragments");
        // A frame whose end has not come.
        let mut raw = Raw::talking(server.address).await;
        raw.send(&header(FIN | TEXT, 1_000)).await;
        let masked = frame(FIN | TEXT, after);
        raw.chopped(&masked[6..], 1).await;
        assert_eq!(raw.closed().await, 1007, "{wrong:x?} in a frame");
    }
}

#[tokio::test]
async fn a_message_that_ends_within_a_character_is_refused() {
    let server = open_server(|_| {}).await;
    for character in CHARACTERS.into_iter().filter(|character| character.len_utf8() > 1) {
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        for end in 1..bytes.len() {
            for message in [text(&bytes[..end]), fragments(TEXT, [&bytes[..end], b""], &[])] {
                let mut raw = Raw::talking(server.address).await;
                raw.send(&message).await;
                assert_eq!(raw.closed().await, 1007, "{:x?}", &bytes[..end]);
            }
        }
    }
}

#[tokio::test]
async fn binary_may_be_anything() {
    let server = open_server(|_| {}).await;
    for (wrong, _) in WRONG {
        let mut raw = Raw::open(server.address, "?cf_protocol=msgpack").await;
        raw.send(&binary(wrong)).await;
        assert_eq!(raw.closed().await, 3501, "no command, but no error of the frame: {wrong:x?}");
    }
}
