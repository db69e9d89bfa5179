//! Frames that are made to do harm.

use super::*;
use crate::command::{MAX_FILTER_PARTS, MAX_HEADERS, MAX_SUBS};

#[test]
fn bombs_are_refused_before_they_are_decoded() {
    let deep = format!(
        "{{\"id\":1,\"rpc\":{{\"method\":\"m\",\"data\":{}1{}}}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(matches!(Encoding::Json.decode(deep.as_bytes()), Err(DecodeError::TooDeep)));
    // Brackets inside a text are no nesting.
    let text = format!("{{\"id\":1,\"rpc\":{{\"method\":\"m\",\"data\":\"\\\"{}\"}}}}", "[".repeat(1000));
    assert!(Encoding::Json.decode(text.as_bytes()).is_ok());
    assert!(matches!(
        Encoding::MsgPack.decode(&vec![0x91; 100_000]),
        Err(DecodeError::TooDeep | DecodeError::Malformed(_))
    ));
    // {"": [[[…]]]}
    let mut nested = vec![0x81, 0xa0];
    nested.extend([0x91; 200]);
    nested.push(0xc0);
    assert!(matches!(Encoding::MsgPack.decode(&nested), Err(DecodeError::TooDeep)));
    let lies: [&[u8]; 4] = [
        &[0xdd, 0xff, 0xff, 0xff, 0xff],
        &[0xdf, 0x7f, 0xff, 0xff, 0xff],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc6, 0, 1, 0, 0],
    ];
    for lie in lies {
        // {"": <a length that the frame does not hold>}
        let frame = [&[0x81, 0xa0][..], lie].concat();
        assert!(matches!(Encoding::MsgPack.decode(&frame), Err(DecodeError::Malformed(_))), "{lie:?}");
    }
    let many = "{}\n".repeat(MAX_COMMANDS + 1);
    assert!(matches!(Encoding::Json.decode(many.as_bytes()), Err(DecodeError::TooMany)));
}

#[test]
fn frames_that_are_no_commands_are_refused() {
    for frame in [
        "",
        "\n",
        " ",
        "x",
        "[]",
        "{\"id\":1}",
        "{\"id\":0,\"connect\":{}}",
        "{\"id\":-1,\"connect\":{}}",
        "{}\n\n{}",
        "{\"id\":1,\"connect\":{},\"rpc\":{\"method\":\"m\"}}",
        "{\"id\":1,\"ping\":{}}",
        "{\"id\":1,\"connect\":\"x\"}",
        "{\"id\":4294967296,\"connect\":{}}",
        "{\"id\":1,\"connect\":{}",
    ] {
        assert!(Encoding::Json.decode(frame.as_bytes()).is_err(), "{frame:?}");
    }
    assert!(Encoding::Json.decode(b"{\"id\":1,\"rpc\":{\"method\":\"\xff\"}}").is_err());
    assert!(Encoding::MsgPack.decode(&[]).is_err());
    assert!(Encoding::MsgPack.decode(&[0xc1]).is_err());
}

/// A field of length-delimited content.
fn delimited(number: u8, content: &[u8]) -> Vec<u8> {
    let mut field = varint(u64::from(number) << 3 | 2);
    field.extend(varint(content.len() as u64));
    field.extend(content);
    field
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A frame of one command with id 1 and one request.
fn protobuf(request: u8, content: &[u8]) -> Vec<u8> {
    let command = [vec![0x08, 1], delimited(request, content)].concat();
    [varint(command.len() as u64), command].concat()
}

#[test]
fn protobuf_frames_that_are_no_commands_are_refused() {
    let frames: [(&str, &[u8]); 12] = [
        ("nothing", &[]),
        ("a length without a message", &[5]),
        ("a length that the frame does not hold", &[3, 0x08, 1]),
        ("a length of four GiB", &[0xff, 0xff, 0xff, 0xff, 0x0f, 0x08]),
        ("a length of 64 bits", &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0]),
        ("a varint of more than 64 bits", &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
        ("a varint without an end", &[0x80; 20]),
        ("an id without a request", &[2, 0x08, 1]),
        ("a request without an id", &[2, 0x2a, 0]),
        ("two requests", &[6, 0x08, 1, 0x2a, 0, 0x32, 0]),
        ("a field that claims more than the message has", &[4, 0x08, 1, 0x2a, 9]),
        ("a group", &[4, 0x08, 1, 0x53, 0x54]),
    ];
    for (what, frame) in frames {
        assert!(Encoding::Protobuf.decode(frame).is_err(), "{what}");
    }
    // An empty message is a pong, and what is not known is skipped.
    assert_eq!(Encoding::Protobuf.decode(&[0, 0]).unwrap().len(), 2);
    let field_99 = [0x98, 0x06, 5];
    let command =
        [&[0x08, 1][..], &field_99, &delimited(6, &[&field_99[..], &delimited(1, b"c")].concat())].concat();
    let commands = Encoding::Protobuf.decode(&[varint(command.len() as u64), command].concat()).unwrap();
    assert!(matches!(&commands[0].request, Request::Unsubscribe(request) if request.channel == "c"));
    assert!(matches!(Encoding::Protobuf.decode(&[0; MAX_COMMANDS + 1]), Err(DecodeError::TooMany)));
}

#[test]
fn lies_inside_nested_protobuf_messages_are_found() {
    for lie in [&[0x0a, 0x7f, b'c'][..], &[0x42, 0xff, 0xff, 0xff, 0x7f], &[0x6a, 0x05, 0x32, 0x7f, 0, 0, 0]]
    {
        assert!(Encoding::Protobuf.decode(&protobuf(5, lie)).is_err(), "{lie:?}");
    }
    // A text that is no UTF-8, and a text where a number is due.
    assert!(Encoding::Protobuf.decode(&protobuf(5, &[0x0a, 1, 0xff])).is_err());
    assert!(Encoding::Protobuf.decode(&protobuf(5, &[0x3a, 1, b'5'])).is_err());
}

fn nested_filters(depth: usize) -> (String, Vec<u8>) {
    let json = format!(
        r#"{{"id":1,"subscribe":{{"channel":"c","tf":{}{}}}}}"#,
        r#"{"op":"not","nodes":["#.repeat(depth - 1) + r#"{"key":"k","cmp":"ex"}"#,
        "]}".repeat(depth - 1)
    );
    let leaf = [delimited(2, b"k"), delimited(3, b"ex")].concat();
    let filter = (1..depth).fold(leaf, |inner, _| [delimited(1, b"not"), delimited(6, &inner)].concat());
    let request = [delimited(1, b"c"), delimited(13, &filter)].concat();
    (json, protobuf(5, &request))
}

#[test]
fn filters_are_refused_at_the_same_depth_in_every_encoding() {
    let (json, protobuf) = nested_filters(31);
    let commands = Encoding::Json.decode(json.as_bytes()).unwrap();
    assert_eq!(Encoding::Protobuf.decode(&protobuf).unwrap(), commands);
    assert_eq!(Encoding::MsgPack.decode(&Encoding::MsgPack.encode_commands(&commands)).unwrap(), commands);
    for depth in [32, 33, 101, 5000] {
        let (json, protobuf) = nested_filters(depth);
        assert!(matches!(Encoding::Json.decode(json.as_bytes()), Err(DecodeError::TooDeep)), "{depth}");
        assert!(matches!(Encoding::Protobuf.decode(&protobuf), Err(DecodeError::TooDeep)), "{depth}");
        let value: Vec<u8> = [
            msgpack(&[json!({"id": 1})])[1..].to_vec(),
            vec![0xa9],
            b"subscribe".to_vec(),
            vec![0x81, 0xa2],
            b"tf".to_vec(),
            [&[0x81, 0xa5][..], b"nodes", &[0x91]].concat().repeat(depth),
            vec![0x80],
        ]
        .concat();
        let frame = [vec![0x82], value].concat();
        assert!(matches!(Encoding::MsgPack.decode(&frame), Err(DecodeError::TooDeep)), "{depth}");
    }
}

#[test]
fn maps_of_very_many_keys_are_refused() {
    let many = |count: usize| {
        (0..count).map(|index| (index.to_string(), json!({}))).collect::<serde_json::Map<_, _>>()
    };
    let texts = |count: usize| {
        (0..count).map(|index| (index.to_string(), json!(""))).collect::<serde_json::Map<_, _>>()
    };
    let entries = |field: u8, count: usize| {
        let entry = |index: usize| delimited(field, &delimited(1, index.to_string().as_bytes()));
        protobuf(4, &(0..count).flat_map(entry).collect::<Vec<u8>>())
    };
    let subs = |count| json!({"id": 1, "connect": {"subs": many(count)}});
    let headers = |count| json!({"id": 1, "connect": {"headers": texts(count)}});
    for (value, frame, allowed) in [
        (subs(MAX_SUBS), entries(3, MAX_SUBS), true),
        (subs(MAX_SUBS + 1), entries(3, MAX_SUBS + 1), false),
        (subs(100_000), entries(3, 100_000), false),
        (headers(MAX_HEADERS), entries(6, MAX_HEADERS), true),
        (headers(MAX_HEADERS + 1), entries(6, MAX_HEADERS + 1), false),
        (headers(100_000), entries(6, 100_000), false),
    ] {
        assert_eq!(Encoding::Json.decode(value.to_string().as_bytes()).is_ok(), allowed);
        assert_eq!(Encoding::MsgPack.decode(&msgpack(&[value])).is_ok(), allowed);
        assert_eq!(Encoding::Protobuf.decode(&frame).is_ok(), allowed);
    }
    // One key, over and over.
    let again =
        format!(r#"{{"id":1,"connect":{{"headers":{{{}"k":""}}}}}}"#, r#""k":"","#.repeat(MAX_HEADERS));
    assert!(Encoding::Json.decode(again.as_bytes()).is_err());
    let again = delimited(6, &[]).repeat(MAX_HEADERS + 1);
    assert!(Encoding::Protobuf.decode(&protobuf(4, &again)).is_err());
}

#[test]
fn wide_filters_are_refused_before_they_grow() {
    let filter = |nodes: usize, vals: usize| json!({"nodes": vec![json!({}); nodes], "vals": vec![""; vals]});
    let binary = |nodes: usize, vals: usize| {
        [delimited(6, &[]).repeat(nodes), delimited(5, &[]).repeat(vals)].concat()
    };
    for (nodes, vals, allowed) in [
        (MAX_FILTER_PARTS - 1, 0, true),
        (0, MAX_FILTER_PARTS - 1, true),
        (500, MAX_FILTER_PARTS - 500, false),
        (20_000, 0, false),
        (0, 20_000, false),
    ] {
        let value = json!({"id": 1, "subscribe": {"channel": "c", "tf": filter(nodes, vals)}});
        assert_eq!(Encoding::Json.decode(value.to_string().as_bytes()).is_ok(), allowed);
        assert_eq!(Encoding::MsgPack.decode(&msgpack(&[value])).is_ok(), allowed);
        let frame = protobuf(5, &delimited(13, &binary(nodes, vals)));
        assert_eq!(Encoding::Protobuf.decode(&frame).is_ok(), allowed);
    }
    // A field that comes again is merged, so the halves add up.
    let half = delimited(13, &binary(MAX_FILTER_PARTS / 2, 0));
    assert!(Encoding::Protobuf.decode(&protobuf(5, &half)).is_ok());
    assert!(Encoding::Protobuf.decode(&protobuf(5, &half.repeat(2))).is_err());
    // Many filters in one frame, each allowed by itself.
    let value = json!({"id": 1, "subscribe": {"channel": "c", "tf": filter(MAX_FILTER_PARTS - 1, 0)}});
    let four = vec![value.to_string(); 4].join("\n");
    assert!(Encoding::Json.decode(four.as_bytes()).is_ok());
    let five = vec![value.to_string(); 5].join("\n");
    assert!(matches!(Encoding::Json.decode(five.as_bytes()), Err(DecodeError::TooMany)));
    assert!(matches!(Encoding::MsgPack.decode(&msgpack(&vec![value; 5])), Err(DecodeError::TooMany)));
    let frame = protobuf(5, &delimited(13, &binary(MAX_FILTER_PARTS - 1, 0))).repeat(5);
    assert!(matches!(Encoding::Protobuf.decode(&frame), Err(DecodeError::TooMany)));
}

#[test]
fn a_frame_connects_once() {
    let frame = "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"connect\":{}}";
    assert!(matches!(Encoding::Json.decode(frame.as_bytes()), Err(DecodeError::TooMany)));
}

#[test]
fn what_a_frame_may_hold_stays_small() {
    // The sum of all caps at once, beside texts and payloads. Vectors double when they grow.
    let held = 2 * MAX_COMMANDS * size_of::<Command>()
        + 2 * MAX_FILTER_PARTS_IN_FRAME * size_of::<FilterNode>()
        + 2 * MAX_SUBS * size_of::<(String, crate::command::SubscribeRequest)>()
        + 2 * MAX_HEADERS * size_of::<(String, String)>();
    assert!(held <= 2 << 20, "{held}");
}
