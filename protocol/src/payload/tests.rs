#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use serde_json::{Value, json};

fn in_json(payload: &Payload) -> String {
    serde_json::to_string(payload).unwrap()
}

fn in_msgpack(payload: &Payload) -> Vec<u8> {
    rmp_serde::to_vec(payload).unwrap()
}

#[test]
fn bytes_that_are_json_are_a_value_for_everybody() {
    let payload = Payload::from_bytes(Bytes::from_static(b" {\"k\":\n[1]}\r\n"));
    assert!(payload.is_json());
    assert_eq!(&payload.bytes()[..], b" {\"k\":\n[1]}\r\n", "those who sent bytes receive the same bytes");
    assert_eq!(in_json(&payload), r#"{"k":[1]}"#);
    assert_eq!(in_msgpack(&payload), [0x81, 0xa1, b'k', 0x91, 1]);
    assert_eq!(payload.read::<Value>().unwrap(), json!({"k": [1]}));
}

#[test]
fn bytes_that_are_no_json_stay_bytes() {
    for bytes in [&b"\xff\x00"[..], b"{", b"1 2", b"1e999", br#""\ud800""#, b"\"\xff\"", b"\x0c5", b"NaN"] {
        let payload = Payload::from_bytes(Bytes::from_static(bytes));
        assert!(!payload.is_json(), "{bytes:?}");
        assert_eq!(payload.bytes(), bytes);
        assert!(payload.read::<Value>().is_err());
    }
    let payload = Payload::from_bytes(Bytes::from_static(b"\xff\x00\x01\x02"));
    assert_eq!(in_json(&payload), r#""/wABAg==""#);
    assert_eq!(in_msgpack(&payload), [0xc4, 4, 0xff, 0, 1, 2]);
}

#[test]
fn taking_bytes_over_copies_nothing() {
    for bytes in [Bytes::from(b"{\"k\":1}".to_vec()), Bytes::from(vec![0xff; 40])] {
        let at = bytes.as_ptr();
        assert_eq!(Payload::from_bytes(bytes).bytes().as_ptr(), at);
    }
}

#[test]
fn a_msgpack_bin_is_binary_even_when_it_looks_like_json() {
    let payload: Payload = rmp_serde::from_slice(&[0xc4, 1, b'5']).unwrap();
    assert_eq!(payload, Payload::binary(Bytes::from_static(b"5")));
    assert!(payload.read::<u8>().is_err());
    assert_eq!(in_json(&payload), r#""NQ==""#);
    assert_eq!(in_msgpack(&payload), [0xc4, 1, b'5']);
    for native in [&[5][..], &[0xc0], &[0xc3], &[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], &[0xa1, b'5'], &[0xff]]
    {
        let payload: Payload = rmp_serde::from_slice(native).unwrap();
        assert!(payload.is_json());
        assert_eq!(in_msgpack(&payload), native);
    }
}

#[test]
fn a_quoted_text_is_one_json_string() {
    let payload = Payload::quoted("{\"k\":\"ü\n\"}".as_bytes()).unwrap();
    assert_eq!(payload.read::<String>().unwrap(), "{\"k\":\"ü\n\"}");
    assert_eq!(in_json(&payload), r#""{\"k\":\"ü\n\"}""#);
    assert_eq!(Payload::quoted(&"ü".as_bytes()[..1]), None, "a delta may end inside a character");
}

#[test]
fn a_payload_never_shows_itself_in_a_log() {
    assert_eq!(format!("{:?}", Payload::of(&"secret")), "Payload(8 bytes)");
}
