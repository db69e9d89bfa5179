#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use proptest::prelude::*;
use protocol::ids::SkillId;
use protocol::quiz::{ChoiceOption, Image, Question, QuestionKind};
use uuid::Uuid;

fn options(texts: &[&str]) -> Vec<ChoiceOption> {
    texts.iter().map(|text| ChoiceOption { text: (*text).into(), image: None }).collect()
}

fn quiz() -> QuizContent {
    let kinds = [
        QuestionKind::SingleChoice { options: options(&["a", "b; c", "d, \"e\""]), correct: 2 },
        QuestionKind::MultipleChoice { options: options(&["=1+1", "-x", "3"]), correct: vec![0, 2] },
        QuestionKind::TrueFalse { correct: false },
        QuestionKind::Typed {
            accepted: vec!["a|b".into(), "c\\d".into(), "-5".into()],
            match_case: true,
            match_accents: false,
        },
        QuestionKind::Numeric { value: -3.25, tolerance: 0.1, unit: "°C".into() },
        QuestionKind::Ordering { items: vec!["first".into(), "second".into(), "third".into()] },
        QuestionKind::Poll { options: options(&["'=quoted", "no"]) },
    ];
    let questions = kinds.into_iter().map(|kind| Question {
        prompt: "What\nis it?".into(),
        image: Some(Image { url: "https://example.org/a.png".into(), alt: "A picture".into() }),
        time_limit_s: 30,
        points: 2,
        explanation: Some("@because".into()),
        skills: vec![SkillId(Uuid::from_u128(1)), SkillId(Uuid::from_u128(2))],
        kind,
    });
    QuizContent {
        title: "All kinds".into(),
        description: "of questions".into(),
        questions: questions.collect(),
    }
}

fn problems(table: &str) -> Vec<(Option<u64>, Option<String>)> {
    from_csv(table.as_bytes()).unwrap_err().0.into_iter().map(|p| (p.row, p.field)).collect()
}

#[test]
fn a_quiz_of_all_kinds_survives_both_formats() {
    assert_eq!(from_csv(to_csv(&quiz()).unwrap().as_bytes()).unwrap(), quiz());
    assert_eq!(from_json(to_json(&quiz()).unwrap().as_bytes()).unwrap(), quiz());
}

#[test]
fn a_table_from_a_spreadsheet_with_semicolons_and_a_byte_order_mark_is_read() {
    let table = "\u{FEFF}Prompt;Correct;Option_1;Option_2;kind\r\nWhich, then?;2;a;b;\r\n;;;;\r\nHow long?;3,5;;;numeric\r\n";
    let content = from_csv(table.as_bytes()).unwrap();
    assert_eq!(content.title, "Imported quiz");
    assert_eq!(
        content.questions[0].kind,
        QuestionKind::SingleChoice { options: options(&["a", "b"]), correct: 1 }
    );
    assert_eq!(
        content.questions[1].kind,
        QuestionKind::Numeric { value: 3.5, tolerance: 0.0, unit: String::new() }
    );
}

#[test]
fn problems_name_row_and_column() {
    let table = "kind,prompt,correct,option_1,option_2,option_3,points\n\
                 ,Good?,1,a,b,,\n\
                 riddle,Which?,1,a,b,,\n\
                 ,Which?,x,a,b,,\n\
                 ,Which?,1,a,,c,\n\
                 ,Which?,1,a,b,,many\n\
                 true_false,Which?,maybe,,,,\n";
    // As an editor numbers lines, also those of a file that Windows wrote.
    for table in [table.to_owned(), table.replace('\n', "\r\n")] {
        let found: Vec<_> =
            problems(&table).into_iter().map(|(row, field)| (row.unwrap(), field.unwrap())).collect();
        let expected = [(3, "kind"), (4, "correct"), (5, "option_2"), (6, "points"), (7, "correct")];
        assert_eq!(found, expected.map(|(row, field)| (row, field.to_owned())), "{table:?}");
    }
}

#[test]
fn limits_are_told_by_row_too() {
    let table = "prompt,correct,option_1,option_2\nGood?,1,a,b\n,1,a,b\nWhich?,3,a,b\n";
    assert_eq!(problems(table), [(Some(3), Some("prompt".into())), (Some(4), Some("correct".into()))]);
    let skill = Uuid::from_u128(1);
    let table =
        format!("prompt,correct,option_1,option_2,skills\nWhich?,1,a,b,reading\nWhich?,1,a,b,{skill}\n");
    assert_eq!(problems(&table), [(Some(2), Some("skills".into()))]);
    let table = format!("prompt,correct,option_1,option_2,skills\nWhich?,1,a,b,{skill}|{skill}\n");
    assert_eq!(problems(&table), [(Some(2), Some("skills".into()))]);
}

#[test]
fn files_that_are_no_quiz_are_refused() {
    for table in ["", "a,b\n1,2\n", "prompt\nWhich?\n", "prompt,correct\n"] {
        assert!(from_csv(table.as_bytes()).is_err(), "{table}");
    }
    assert!(from_csv(&[0xFF, 0xFE, 0x00]).is_err());
    assert!(from_csv(&vec![b'a'; MAX_BYTES + 1]).is_err());
    assert!(from_csv(format!("prompt,correct\n{}", "q,1\n".repeat(201)).as_bytes()).is_err());
    for json in
        ["", "{}", "[]", r#"{"title":"x","questions":[{"prompt":"?","kind":"single_choice","options":[]}]}"#]
    {
        assert!(from_json(json.as_bytes()).is_err(), "{json}");
    }
}

#[test]
fn cells_that_look_like_formulas_are_quoted_and_numbers_are_not() {
    for (text, cell) in [
        ("=1+1", "'=1+1"),
        ("@sum", "'@sum"),
        ("+49 30", "'+49 30"),
        ("-a", "'-a"),
        ("＝1", "'＝1"),
        ("-5", "-5"),
        ("a=b", "a=b"),
        ("'=1", "''=1"),
        ("it's", "it's"),
    ] {
        assert_eq!(safe_cell(text), cell);
    }
}

proptest! {
    #[test]
    fn any_text_survives_the_table(text in "[-=+@'\"|\\\\;,\t a-zé\n]{0,12}[a-z]", answers in prop::collection::vec("[-=+@'|\\\\;,a-z]{0,6}[a-z]", 1..5)) {
        let text = text.trim().to_owned();
        let content = QuizContent {
            title: text.clone(),
            description: String::new(),
            questions: vec![Question {
                prompt: text.clone(),
                image: None,
                time_limit_s: 20,
                points: 1,
                explanation: Some(text),
                skills: Vec::new(),
                kind: QuestionKind::Typed { accepted: answers, match_case: false, match_accents: false },
            }],
        };
        prop_assert_eq!(from_csv(to_csv(&content).unwrap().as_bytes()).unwrap(), content);
    }

    #[test]
    fn no_file_makes_the_reader_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "(prompt|correct|kind|[,;\n|'0-9a-z\"]){0,60}") {
        drop(from_csv(&bytes));
        drop(from_json(&bytes));
        drop(from_csv(format!("prompt,correct,kind,option_1\n{text}").as_bytes()));
    }
}
