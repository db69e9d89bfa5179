//! Vectors of the format and of another decoder, hostile deltas, and what holds for all inputs.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::create::{CANDIDATES, Index, Window};
use super::*;
use proptest::{collection::vec, prelude::*};

const RUN: usize = 64 << 10;

fn number(value: u32) -> String {
    let mut digits = Vec::new();
    push_number(&mut digits, value as usize);
    String::from_utf8(digits).unwrap()
}

fn read(digits: &str) -> Result<u32, DeltaError> {
    Reader { rest: digits.as_bytes() }.number()
}

#[test]
fn numbers_are_written_as_in_the_text_of_the_format() {
    // The text gives the third as the signed -1101438770.
    for (value, digits) in [(0, "0"), (6246, "1Xb"), (3_193_528_526, "2zMM3E"), (63, "~"), (64, "10")] {
        assert_eq!(number(value), digits);
        assert_eq!(read(digits), Ok(value));
    }
    assert_eq!(read("3~~~~~"), Ok(u32::MAX));
    assert_eq!(read("400000"), Err(DeltaError::Malformed));
}

#[test]
fn the_checksum_adds_big_endian_words() {
    assert_eq!(checksum(b""), 0);
    assert_eq!(checksum(b"abc"), 0x6162_6300);
    // 61626364 + 65666768 + 696a6b6c + 6d6e6f70 + 21000000, without what is above 32 bits.
    assert_eq!(checksum(b"abcdefghijklmnop!"), 0xBEA1_A5A8);
}

#[test]
fn deltas_made_by_hand_come_out() {
    // 0x61626300 is 1, 33, 24, 38, 12, 0 in digits.
    assert_eq!(create(b"", b"abc"), b"3\n3:abc1XObC0;");
    assert_eq!(apply(b"", b"3\n3:abc1XObC0;"), Ok(b"abc".to_vec()));
    assert_eq!(create(b"abcdefghijklmnop", b"abcdefghijklmnop!"), b"H\nG@0,1:!2zdQMd;");
    assert_eq!(apply(b"abcdefghijklmnop", b"H\nG@0,1:!2zdQMd;"), Ok(b"abcdefghijklmnop!".to_vec()));
}

/// Source, target and delta; the decoder of the `centrifuge` JavaScript SDK 5.8.0 made each target from its delta.
fn decoded_elsewhere() -> Vec<(String, String, &'static str)> {
    let rank = r#"{"rank":[{"name":"Zoë","score":900},{"name":"Ada","score":850}]}"#;
    let raised = r#"{"rank":[{"name":"Zoë","score":900},{"name":"Ada","score":1850}]}"#;
    let swapped = r#"{"rank":[{"name":"Ada","score":850},{"name":"Zoë","score":900}]}"#;
    let alphabet = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(3);
    let turned = format!("{}{}", &alphabet[50..], &alphabet[..50]);
    vec![
        (rank.into(), raised.into(), "12\nw@0,7:1850}]}9hHtY;"),
        (rank.into(), swapped.into(), "11\nI@0,I:Ada\",\"score\":850},R@9,2:]}2BAlGF;"),
        // The letters that differ share their first byte, which is not copied.
        ("größe größe größe größe: ö".into(), "größe größe größe größe: é".into(), "Z\nX@0,2:é3D34mn;"),
        (alphabet, turned, "1h\n1U@E,E:0123456789abcdoJOUP;"),
        ("a".repeat(40), "a".repeat(100), "1_\nd@0,d@0,K@0,22Wd9u;"),
        ("nothing in common here".into(), String::new(), "0\n0;"),
    ]
}

#[test]
fn deltas_that_another_decoder_took_come_out_again() {
    for (source, target, delta) in decoded_elsewhere() {
        assert_eq!(String::from_utf8(create(source.as_bytes(), target.as_bytes())).unwrap(), delta);
        assert_eq!(apply(source.as_bytes(), delta.as_bytes()), Ok(target.into_bytes()));
    }
}

#[test]
fn what_is_not_of_the_format_is_refused() {
    let source = b"abcdefghijklmnop";
    for (delta, reason) in [
        ("", DeltaError::Malformed),
        ("3", DeltaError::Malformed),
        ("\n3:abc1XObC0;", DeltaError::Malformed),
        ("3\n", DeltaError::Malformed),
        ("3\n3:abc", DeltaError::Malformed),
        ("3\n3:ab", DeltaError::Malformed),
        ("3\n3:abc1XObC0", DeltaError::Malformed),
        ("3\n3:abc;", DeltaError::Malformed),
        ("3\n3:abc1XObC0;;", DeltaError::Malformed),
        ("3\n3!abc1XObC0;", DeltaError::Malformed),
        ("3\n~~~~~~~:abc1XObC0;", DeltaError::Malformed),
        ("3\n3@0;1XObC0;", DeltaError::Malformed),
        ("3\n0@0,3:abc1XObC0;", DeltaError::Malformed),
        ("~~~~~\n3:abc1XObC0;", DeltaError::TooLarge),
        ("3\n3@E,1XObC0;", DeltaError::OutsideSource),
        ("3\n3@3~~~~~,1XObC0;", DeltaError::OutsideSource),
        ("3\n3~~~~~@1,1XObC0;", DeltaError::OutsideSource),
        ("2\n3:abc1XObC0;", DeltaError::WrongSize),
        ("4\n3:abc1XObC0;", DeltaError::WrongSize),
        ("3\n3@0,3@0,1XObC0;", DeltaError::WrongSize),
        ("3\n3:abd1XObC0;", DeltaError::WrongChecksum),
        ("3\n3@1,1XObC0;", DeltaError::WrongChecksum),
    ] {
        assert_eq!(apply(source, delta.as_bytes()), Err(reason), "{delta:?}");
    }
    assert_eq!(apply(source, b"3\n3@0,1XObC0;"), Ok(b"abc".to_vec()));
}

#[test]
fn a_target_may_be_as_large_as_the_limit_and_no_larger() {
    let header = |size: usize| format!("{}\n0;", number(u32::try_from(size).unwrap())).into_bytes();
    assert_eq!(apply(b"", &header(MAX_TARGET)), Err(DeltaError::WrongSize));
    assert_eq!(apply(b"", &header(MAX_TARGET + 1)), Err(DeltaError::TooLarge));
    let largest = vec![0; MAX_TARGET];
    let delta = format!("{0}\n{0}@0,0;", number(u32::try_from(MAX_TARGET).unwrap()));
    assert_eq!(apply(&largest, delta.as_bytes()).map(|target| target.len()), Ok(MAX_TARGET));
}

#[test]
fn a_window_is_compared_with_a_bounded_number_of_blocks() {
    let run = vec![b'a'; RUN];
    let window = Window::at(&run, 0).unwrap();
    let candidates: Vec<usize> = Index::new(&run).candidates(window).collect();
    assert_eq!(candidates, (0..CANDIDATES).map(|block| block * 16).collect::<Vec<_>>());
}

#[test]
fn long_runs_make_short_deltas() {
    let run = vec![b'a'; RUN];
    assert_eq!(create(&run, &run), format!("G00\nG00@0,{};", number(checksum(&run))).into_bytes());
    let mut spoilt = run.clone();
    spoilt[RUN / 2] = b'b';
    for (source, target) in [(&run, &spoilt), (&spoilt, &run)] {
        let delta = create(source, target);
        assert!(delta.len() < 64, "{} bytes", delta.len());
        assert_eq!(apply(source, &delta).as_ref(), Ok(target));
    }
}

#[test]
fn runs_that_are_broken_everywhere_come_out() {
    // Periods around the window: every place matches nearly, many blocks, or none.
    let broken = |period: usize| -> Vec<u8> {
        (0..RUN).map(|at| if at % period == 0 { b'b' } else { b'a' }).collect()
    };
    let sources: Vec<Vec<u8>> = [15, 16, 17, 40].into_iter().map(broken).chain([vec![b'a'; RUN]]).collect();
    for source in &sources {
        for target in &sources {
            let delta = create(source, target);
            assert!(delta.len() <= target.len() + 16, "{} bytes", delta.len());
            assert_eq!(apply(source, &delta).as_ref(), Ok(target));
        }
    }
}

#[test]
fn a_small_change_of_a_long_text_makes_a_small_delta() {
    let source: String = (0..500).map(|id| format!(r#"{{"id":{id},"name":"Zoë {id}"}},"#)).collect();
    let target = source.replacen(r#""name":"Zoë 250""#, r#""name":"Chloë""#, 1);
    let delta = create(source.as_bytes(), target.as_bytes());
    assert!(delta.len() < 100, "{} bytes", delta.len());
    assert_eq!(apply(source.as_bytes(), &delta), Ok(target.into_bytes()));
}

/// Cuts, moves and overwrites: what remains of `bytes` after each.
fn edited<T: Clone>(mut bytes: Vec<T>, edits: &[(prop::sample::Index, prop::sample::Index, T)]) -> Vec<T> {
    for (number, (from, to, new)) in edits.iter().enumerate() {
        let (from, to) = (from.index(bytes.len() + 1), to.index(bytes.len() + 1));
        let cut: Vec<T> = bytes.drain(from.min(to)..from.max(to)).collect();
        match number % 3 {
            0 => bytes.extend(cut),
            1 => bytes.push(new.clone()),
            _ => drop(bytes.splice(0..0, cut)),
        }
    }
    bytes
}

proptest! {
    #[test]
    fn any_target_comes_out_of_its_delta(source in vec(any::<u8>(), 0..600), target in vec(any::<u8>(), 0..600)) {
        prop_assert_eq!(apply(&source, &create(&source, &target)), Ok(target));
    }

    #[test]
    fn few_letters_with_many_false_matches_come_out(source in vec(0u8..2, 0..900), target in vec(0u8..2, 0..900)) {
        prop_assert_eq!(apply(&source, &create(&source, &target)), Ok(target));
    }

    #[test]
    fn an_edited_source_comes_out(
        source in vec(any::<u8>(), 0..900),
        edits in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..9),
    ) {
        let target = edited(source.clone(), &edits);
        prop_assert_eq!(apply(&source, &create(&source, &target)), Ok(target));
    }

    #[test]
    fn the_delta_of_a_text_is_text(
        source in vec(prop::sample::select(vec!['a', 'ö', 'é', '日', '本', '😀', '😁']), 0..300),
        edits in vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop::sample::select(vec!['ö', '月', '😂'])),
            1..9,
        ),
    ) {
        let target: String = edited(source.clone(), &edits).into_iter().collect();
        let source: String = source.into_iter().collect();
        let delta = create(source.as_bytes(), target.as_bytes());
        prop_assert!(std::str::from_utf8(&delta).is_ok());
        prop_assert_eq!(apply(source.as_bytes(), &delta), Ok(target.into_bytes()));
    }

    #[test]
    fn the_rolled_hash_is_the_hash_of_the_next_window(bytes in vec(any::<u8>(), 17..60)) {
        let mut window = Window::at(&bytes, 0);
        for at in 0..bytes.len() - 16 {
            window = window.and_then(|window| window.rolled(&bytes, at));
            prop_assert_eq!(window.map(Window::hash), Window::at(&bytes, at + 1).map(Window::hash));
        }
        prop_assert!(window.is_some_and(|window| window.rolled(&bytes, bytes.len() - 16).is_none()));
    }

    #[test]
    fn no_bytes_panic_as_a_delta(source in vec(any::<u8>(), 0..40), delta in "[0-9A-C~@:,;\n]{0,40}") {
        if let Ok(target) = apply(&source, delta.as_bytes()) {
            prop_assert!(target.len() <= MAX_TARGET);
        }
    }

    #[test]
    fn a_damaged_delta_never_panics_and_never_makes_more_than_declared(
        source in vec(any::<u8>(), 32..200),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let target = [&source[16..], &source[..20], b"new"].concat();
        let mut delta = create(&source, &target);
        *place.get_mut(&mut delta) = byte;
        let declared = Reader { rest: &delta }.number();
        if let Ok(made) = apply(&source, &delta) {
            prop_assert_eq!(declared.map(|size| size as usize), Ok(made.len()));
        }
    }
}
