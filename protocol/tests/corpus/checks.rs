//! What must hold for any bytes. The fuzzers (`fuzz/`) look for bytes that break it; the tests replay what they found.

use protocol::{
    Command, EmulationRequest, Encoding, Message, Payload, Publication, Push, PushBody, Reply, ReplyBody,
    Request,
    command::{MAX_FILTER_PARTS, MAX_HEADERS, MAX_SUBS, SubscribeRequest},
    emulation::MAX_ID,
    encoding::{DecodeError, MAX_COMMANDS, MAX_FILTER_PARTS_IN_FRAME},
    filter::FilterNode,
    reply::RpcResult,
};
use serde_json::Value;

/// A frame of JSON.
pub fn json(bytes: &[u8]) {
    frame(Encoding::Json, bytes);
}

/// A frame of MessagePack.
pub fn msgpack(bytes: &[u8]) {
    frame(Encoding::MsgPack, bytes);
}

/// A frame of protobuf.
pub fn protobuf(bytes: &[u8]) {
    frame(Encoding::Protobuf, bytes);
}

/// The body of an emulation request: the first byte chooses the encoding.
pub fn emulation(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    let encoding = Encoding::ALL[usize::from(first) % Encoding::ALL.len()];
    let Ok(request) = EmulationRequest::decode(encoding, body) else { return };
    assert!(!request.data.is_empty() && request.data.len() <= body.len());
    for id in [&request.session, &request.node] {
        assert!((1..=MAX_ID).contains(&id.len()));
    }
    let again = request.encode(encoding).unwrap();
    assert_eq!(EmulationRequest::decode(encoding, &again).unwrap(), request);
    let protobuf = request.encode(Encoding::Protobuf).unwrap();
    assert_eq!(EmulationRequest::decode(Encoding::Protobuf, &protobuf).unwrap(), request);
    frame(encoding, &request.data);
}

/// The JSON text of a tags filter.
pub fn filter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.contains('\n') {
        return;
    }
    let command = format!(r#"{{"id":1,"subscribe":{{"channel":"c","tf":{text}}}}}"#);
    let Ok(commands) = Encoding::Json.decode(command.as_bytes()) else { return };
    frame(Encoding::Json, command.as_bytes());
    let [Command { request: Request::Subscribe(SubscribeRequest { tf, .. }), .. }] = &commands[..] else {
        return;
    };
    // The reader that counts and the one that serde derives see the same tree. The latter is stricter about fields
    // that come twice, and a text that ends the subscribe command early is no filter by itself.
    if let Ok(derived) = serde_json::from_str::<Option<FilterNode>>(text) {
        assert_eq!(*tf, derived);
    }
    assert!(tf.as_ref().map_or(0, parts) <= MAX_FILTER_PARTS);
}

fn frame(encoding: Encoding, bytes: &[u8]) {
    let Ok(commands) = encoding.decode(bytes) else { return };
    assert!((1..=MAX_COMMANDS).contains(&commands.len()));
    let held: usize = commands.iter().map(held).sum();
    // A control character of one byte is six bytes of JSON, and a nil in a list is `null,`.
    assert!(held <= 8 * bytes.len() + (1 << 20), "{} bytes became {held}", bytes.len());
    let all = |command: &Command| {
        if let Request::Subscribe(it) = &command.request { it.tf.as_ref().map_or(0, parts) } else { 0 }
    };
    assert!(commands.iter().map(all).sum::<usize>() <= MAX_FILTER_PARTS_IN_FRAME);
    for command in &commands {
        let unnumbered = matches!(command.request, Request::Send | Request::Pong);
        assert_eq!(command.id == 0, unnumbered);
        if let Some(payload) = payload(&command.request) {
            published(payload);
        }
    }
    for other in Encoding::ALL {
        let expected: Vec<_> = commands.iter().map(|command| carried(command, other)).collect();
        match other.decode(&other.encode_commands(&commands)) {
            Ok(read) if other == Encoding::Protobuf => assert_eq!(read, expected),
            Ok(read) => assert_eq!(meaning(&read), meaning(&expected)),
            // A payload that came as bytes may be nested deeper than a frame of another encoding may be.
            Err(DecodeError::TooDeep) if encoding == Encoding::Protobuf => {}
            Err(error) => panic!("{other:?} does not read what it wrote: {error}"),
        }
    }
}

/// What a client sent can be sent to clients of all encodings.
fn published(payload: &Payload) {
    if payload.is_json() {
        payload.read::<Value>().unwrap();
    } else {
        assert!(payload.read::<Value>().is_err());
    }
    let data = payload.clone();
    let push = Message::Push(Push { channel: None, body: PushBody::Publication(Publication::new(data)) });
    let text = Encoding::Json.encode(&push).payload();
    assert!(!text.contains(&b'\n') && !text.contains(&b'\r'));
    let value: Value = serde_json::from_slice(&text).unwrap_or_else(|error| {
        // The payload's own 127 levels are now inside three others.
        assert!(error.to_string().contains("recursion limit"), "{error}");
        Value::Null
    });
    if payload.is_json() && !value.is_null() {
        assert_eq!(value["push"]["pub"]["data"], payload.read::<Value>().unwrap());
    }
    assert!(!Encoding::MsgPack.encode(&push).payload().is_empty());
    let reply = ReplyBody::Rpc(RpcResult { data: Some(payload.clone()) });
    let reply = Encoding::Protobuf.encode(&Message::Reply(Reply { id: 1, result: Ok(reply) })).payload();
    assert!(reply.ends_with(payload.bytes()), "protobuf carries a payload as it is");
}

/// A command as it arrives over an encoding: protobuf knows no empty payload, and nothing that says whether bytes are JSON.
fn carried(command: &Command, encoding: Encoding) -> Command {
    let mut command = command.clone();
    let data = match &mut command.request {
        Request::Connect(request) => &mut request.data,
        Request::Subscribe(request) => &mut request.data,
        Request::Publish(request) => &mut request.data,
        Request::Rpc(request) => &mut request.data,
        _ => return command,
    };
    if encoding == Encoding::Protobuf {
        *data = data.take().filter(|data| !data.bytes().is_empty());
        *data = data.take().map(|data| Payload::from_bytes(data.bytes().clone()));
    }
    command
}

/// Commands as values: a number may be written in two ways, and bytes may be a text in base64.
fn meaning(commands: &[Command]) -> Vec<Value> {
    commands.iter().map(|command| serde_json::to_value(command).unwrap()).collect()
}

fn payload(request: &Request) -> Option<&Payload> {
    match request {
        Request::Connect(request) => request.data.as_ref(),
        Request::Subscribe(request) => request.data.as_ref(),
        Request::Publish(request) => request.data.as_ref(),
        Request::Rpc(request) => request.data.as_ref(),
        _ => None,
    }
}

fn parts(filter: &FilterNode) -> usize {
    1 + filter.vals.len() + filter.nodes.iter().map(parts).sum::<usize>()
}

/// Bytes that a command takes in memory, spare room of lists and maps not counted.
fn held(command: &Command) -> usize {
    let entries = match &command.request {
        Request::Connect(request) => {
            assert!(request.subs.len() <= MAX_SUBS && request.headers.len() <= MAX_HEADERS);
            let texts =
                request.headers.iter().map(|(key, value)| size_of::<[String; 2]>() + key.len() + value.len());
            let subs = request.subs.iter().map(|(channel, sub)| {
                size_of::<(String, SubscribeRequest)>() + channel.len() + sub.epoch.len()
            });
            texts.chain(subs).sum::<usize>()
                + request.token.len()
                + request.name.len()
                + request.version.len()
        }
        Request::Subscribe(request) => {
            let texts = [&request.channel, &request.token, &request.epoch, &request.delta];
            texts.iter().map(|text| text.len()).sum::<usize>() + request.tf.as_ref().map_or(0, filter_held)
        }
        Request::Publish(request) => request.channel.len(),
        Request::Rpc(request) => request.method.len(),
        _ => 0,
    };
    size_of::<Command>() + entries + payload(&command.request).map_or(0, |payload| payload.bytes().len())
}

fn filter_held(filter: &FilterNode) -> usize {
    let texts =
        [&filter.op, &filter.key, &filter.cmp, &filter.val].into_iter().map(String::len).sum::<usize>();
    let values = filter.vals.iter().map(|value| size_of::<String>() + value.len()).sum::<usize>();
    let nodes = filter.nodes.iter().map(filter_held).sum::<usize>();
    size_of::<FilterNode>() + texts + values + nodes
}
