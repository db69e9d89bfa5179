#![no_main]

#[allow(dead_code)]
#[path = "../../protocol/tests/corpus/checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::msgpack(bytes));
