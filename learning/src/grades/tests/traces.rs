//! What a page reads.

use super::class::{Class, near, part};

#[test]
fn a_trace_reads_as_json() {
    let class = Class::by_percent().weighted(1, 40).weighted(2, 60);
    let class = class.scored(11, 1, 8.0, 10.0).item(12, 1, 10.0).scored(21, 2, 5.0, 10.0);
    let json = serde_json::to_value(class.grade()).unwrap();
    let current = &json["trace"]["current_grade"];
    assert_eq!(current["combination"]["of"], "categories");
    let part = &current["whole"]["categories"][0]["parts"][1];
    assert_eq!((&part["part"]["kind"], &part["verdict"]), (&"line_item".into(), &"not_graded".into()));
    assert_eq!(part["part"]["id"], "00000000-0000-7000-8000-000000000012");
    let read: crate::grades::StudentGrade = serde_json::from_value(json).unwrap();
    assert_eq!(read, class.grade());
}

#[test]
fn a_setup_is_read_back_as_it_was_written() {
    let mut class = Class::by_percent().weighted(1, 40).item(11, 1, 10.0).period(101, 50, 0, 10);
    class.setup.policy.letters = serde_json::from_str(r#"[{"letter":"F","from_percent":0.0}]"#).unwrap();
    let json = serde_json::to_string(&class.setup).unwrap();
    assert_eq!(serde_json::from_str::<crate::grades::Setup>(&json).unwrap(), class.setup);
    let refused = serde_json::from_str::<crate::grades::LetterScale>("[]").unwrap_err();
    assert!(refused.to_string().contains("give the scale 1 to 100 letters"));
}

#[test]
fn weights_and_contributions_explain_a_weighted_grade() {
    // Homework 26/30 at 40 %, exam 75/100 at 60 %: 8/30 * 40, 18/30 * 40, 0.75 * 60
    let class = Class::by_percent().weighted(1, 40).weighted(2, 60);
    let class = class.scored(11, 1, 8.0, 10.0).scored(12, 1, 18.0, 20.0).scored(21, 2, 75.0, 100.0);
    let whole = class.grade().trace.current_grade.whole;
    assert!(near(part(&whole, 11).contribution, 32.0 / 3.0) && near(part(&whole, 12).contribution, 24.0));
    assert!(near(part(&whole, 21).contribution, 45.0) && near(part(&whole, 12).weight, 2.0 / 3.0));
    assert!(near(whole.categories[0].weight, 0.4) && near(whole.categories[0].contribution, 104.0 / 3.0));
}

#[test]
fn by_points_a_groups_weight_is_its_share_of_the_points() {
    // 26/130 and 75/130 of the grade, 30/130 and 100/130 of the weight
    let class = Class::by_points().category(1, |_| ()).category(2, |_| ());
    let class = class.scored(11, 1, 26.0, 30.0).scored(21, 2, 75.0, 100.0);
    let whole = class.grade().trace.current_grade.whole;
    assert!(near(whole.categories[0].weight, 3.0 / 13.0) && near(whole.categories[0].contribution, 20.0));
    assert!(near(whole.unrounded.unwrap(), 1_010.0 / 13.0));
}
