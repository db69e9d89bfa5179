use super::*;
use protocol::ids::SkillId;

fn option(text: &str) -> ChoiceOption {
    ChoiceOption { text: text.into(), image: None }
}

fn question(kind: QuestionKind) -> Question {
    Question {
        prompt: "Which?".into(),
        image: None,
        time_limit_s: 20,
        points: 1,
        explanation: None,
        skills: Vec::new(),
        kind,
    }
}

fn quiz(questions: Vec<Question>) -> QuizContent {
    QuizContent { title: "Rivers".into(), description: String::new(), questions }
}

fn single() -> Question {
    question(QuestionKind::SingleChoice { options: vec![option("a"), option("b")], correct: 1 })
}

fn fields(question: Question) -> Vec<String> {
    validate(&quiz(vec![question])).into_iter().map(|e| e.field).collect()
}

#[test]
fn a_sound_quiz_has_no_errors() {
    assert_eq!(validate(&quiz(vec![single()])), []);
}

#[test]
fn each_error_names_its_field() {
    let changed = |change: fn(&mut Question)| {
        let mut question = single();
        change(&mut question);
        fields(question)
    };
    assert_eq!(changed(|q| q.prompt = " ".into()), ["questions[0].prompt"]);
    assert_eq!(changed(|q| q.prompt = "x".repeat(501)), ["questions[0].prompt"]);
    assert_eq!(changed(|q| q.time_limit_s = 4), ["questions[0].time_limit_s"]);
    assert_eq!(changed(|q| q.time_limit_s = 241), ["questions[0].time_limit_s"]);
    assert_eq!(changed(|q| q.points = 3), ["questions[0].points"]);
    assert_eq!(changed(|q| q.skills = (0..16).map(|_| SkillId::generate()).collect()), [""; 0]);
    assert_eq!(
        changed(|q| q.skills = (0..17).map(|_| SkillId::generate()).collect()),
        ["questions[0].skills"]
    );
    assert_eq!(changed(|q| q.skills = vec![SkillId(uuid::Uuid::nil()); 2]), ["questions[0].skills"]);
}

#[test]
fn each_kind_has_its_limits() {
    for (kind, field) in [
        (QuestionKind::SingleChoice { options: vec![option("a"), option("b")], correct: 2 }, "correct"),
        (QuestionKind::SingleChoice { options: vec![option("a")], correct: 0 }, "options"),
        (QuestionKind::SingleChoice { options: vec![option("a"), option(" a ")], correct: 0 }, "options"),
        (
            QuestionKind::MultipleChoice { options: vec![option("a"), option("b")], correct: vec![] },
            "correct",
        ),
        (
            QuestionKind::MultipleChoice { options: vec![option("a"), option("b")], correct: vec![1, 1] },
            "correct",
        ),
        (QuestionKind::Poll { options: (0..7).map(|i| option(&i.to_string())).collect() }, "options"),
        (QuestionKind::Typed { accepted: vec![], match_case: false, match_accents: false }, "accepted"),
        (QuestionKind::Numeric { value: f64::NAN, tolerance: 0.0, unit: String::new() }, "value"),
        (QuestionKind::Numeric { value: 1.0, tolerance: -1.0, unit: String::new() }, "tolerance"),
        (QuestionKind::Ordering { items: vec!["a".into(), "b".into()] }, "items"),
        (QuestionKind::Ordering { items: vec!["a".into(), "b".into(), "a".into()] }, "items"),
    ] {
        assert_eq!(fields(question(kind.clone())), [format!("questions[0].{field}")], "{kind:?}");
    }
}

#[test]
fn pictures_come_by_https_or_from_this_server() {
    let with = |url: &str| {
        let mut question = single();
        question.image = Some(Image { url: url.into(), alt: String::new() });
        fields(question).is_empty()
    };
    for good in ["https://example.org/a.png", "/images/a.svg"] {
        assert!(with(good), "{good}");
    }
    for bad in [
        "",
        "http://example.org/a.png",
        "//example.org/a",
        "/\\example.org/a",
        "javascript:alert(1)",
        "data:image/png;base64,x",
        "https://",
        "https:///x",
        "/a b",
    ] {
        assert!(!with(bad), "{bad}");
    }
}

#[test]
fn a_hostile_quiz_gets_a_bounded_list_of_errors() {
    let mut bad = single();
    bad.prompt = String::new();
    assert_eq!(validate(&quiz(vec![bad; 10_000])).len(), MAX_ERRORS);
    assert_eq!(validate(&quiz(vec![])).len(), 1);
}
