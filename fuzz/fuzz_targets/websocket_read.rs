#![no_main]

#[allow(dead_code)]
#[path = "../../gateway/src/ws/corpus.rs"]
mod corpus;
#[allow(dead_code)]
#[path = "../../gateway/src/ws/frames.rs"]
mod frames;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| corpus::websocket_read(bytes));
