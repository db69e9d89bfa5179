//! What goes in comes out, whichever encoding it takes.

#![expect(clippy::panic, reason = "tests")]

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_command_is_the_same_command_in_every_encoding(commands in prop::collection::vec(any::command(), 1..4)) {
        let connects = commands.iter().filter(|command| matches!(command.request, Request::Connect(_))).count();
        for encoding in Encoding::ALL {
            let read = encoding.decode(&encoding.encode_commands(&commands));
            if connects > 1 {
                prop_assert!(matches!(read, Err(DecodeError::TooMany)));
                continue;
            }
            prop_assert_eq!(meaning(&read.unwrap()), meaning(&commands), "{:?}", encoding);
        }
    }

    #[test]
    fn a_payload_survives_any_way_through_all_encodings(value in any::json()) {
        let command = Command {
            id: 1,
            request: Request::Publish(crate::command::PublishRequest {
                channel: "c".into(),
                data: Some(Payload::of(&value)),
            }),
        };
        for encoding in Encoding::ALL {
            let read = encoding.decode(&encoding.encode_commands(std::slice::from_ref(&command))).unwrap().remove(0);
            let Request::Publish(publish) = read.request else { panic!("{:?}", read.request) };
            prop_assert_eq!(publish.data.unwrap().read::<Value>().unwrap(), value.clone());
        }
        let out = push(PushBody::Publication(Publication::new(Payload::of(&value))));
        let binary: Value = rmp_serde::from_slice(&Encoding::MsgPack.encode(&out).payload()).unwrap();
        let text: Value = serde_json::from_slice(&Encoding::Json.encode(&out).payload()).unwrap();
        prop_assert_eq!(&text["push"]["pub"]["data"], &value);
        prop_assert_eq!(binary, text);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for encoding in Encoding::ALL {
            if let Ok(commands) = encoding.decode(&bytes) {
                prop_assert!(!commands.is_empty());
            }
        }
    }

    #[test]
    fn a_damaged_frame_never_panics(
        commands in prop::collection::vec(any::command(), 1..4),
        at: prop::sample::Index,
        byte: u8,
        cut: prop::sample::Index,
    ) {
        for encoding in Encoding::ALL {
            let mut frame = encoding.encode_commands(&commands);
            let at = at.index(frame.len());
            frame[at] = byte;
            drop(encoding.decode(&frame));
            drop(encoding.decode(&frame[..cut.index(frame.len())]));
        }
    }
}

/// Commands as values: a number may be written in two ways.
fn meaning(commands: &[Command]) -> Vec<Value> {
    commands.iter().map(|command| serde_json::to_value(command).unwrap()).collect()
}
