use super::*;
use proptest::prelude::*;

fn skill(n: u32) -> SkillId {
    format!("00000000-0000-0000-0000-{n:012x}").parse().unwrap()
}

fn fresh(n: u32) -> SkillBefore {
    let model = Bkt::default();
    SkillBefore { mastery: SkillMastery::new(skill(n), &model), model }
}

fn able(n: u32, logit: f64, answers: u32) -> SkillBefore {
    let mut before = fresh(n);
    before.mastery.ability = EloRating { logit: Logit::new(logit).unwrap(), n: answers };
    before
}

fn took(elapsed_ms: u64) -> Pace {
    Pace { elapsed_ms, allowed_ms: Some(20_000) }
}

fn answer(correct: bool) -> Answer {
    Answer { correct, guess: Guess::among(4), pace: took(8_000) }
}

fn next(reaction: &Reaction, before: &[SkillBefore]) -> Vec<SkillBefore> {
    reaction.skills.iter().zip(before).map(|(mastery, b)| SkillBefore { mastery: *mastery, ..*b }).collect()
}

#[test]
fn with_one_skill_it_is_the_two_rules_side_by_side() {
    let before = able(1, 0.4, 3);
    let item = EloRating { logit: Logit::new(-0.2).unwrap(), n: 50 };
    for correct in [true, false] {
        let reaction = react(&AnswerRules::default(), &[before], item, answer(correct)).unwrap();
        let elo = Elo::default().answer(before.mastery.ability, item, Guess::among(4), correct);
        assert_eq!((reaction.skills[0].ability, reaction.item), (elo.person, elo.item));
        assert_eq!(reaction.expected, Some(elo.expected));
        let knowledge = before.model.observe(before.mastery.knowledge, correct);
        assert_eq!(reaction.skills[0].knowledge, knowledge);
        assert_eq!(reaction.skills[0].skill, skill(1));
    }
}

#[test]
fn with_several_skills_the_student_plays_with_their_mean() {
    let before = [able(1, 2.0, 0), able(2, -1.0, 20)];
    let reaction = react(&AnswerRules::default(), &before, EloRating::default(), answer(true)).unwrap();
    let mean = EloRating { logit: Logit::new(0.5).unwrap(), n: 0 };
    let alone = Elo::default().answer(mean, EloRating::default(), Guess::among(4), true);
    assert_eq!((reaction.expected, reaction.item), (Some(alone.expected), alone.item));
    let moved: Vec<f64> = reaction
        .skills
        .iter()
        .zip(&before)
        .map(|(after, before)| after.ability.logit.get() - before.mastery.ability.logit.get())
        .collect();
    assert!((moved[0] - 2.0 * moved[1]).abs() < 1e-9, "the skill with twenty answers moves half as far");
}

#[test]
fn a_skill_becomes_mastered_once() {
    let mut skills = vec![fresh(1), fresh(2)];
    let mut mastered = Vec::new();
    let mut item = EloRating::default();
    for _ in 0..6 {
        let reaction = react(&AnswerRules::default(), &skills, item, answer(true)).unwrap();
        mastered.extend(reaction.mastered.clone());
        skills = next(&reaction, &skills);
        item = reaction.item;
    }
    assert_eq!(mastered, [skill(1), skill(2)]);
    assert!(item.logit.get() < 0.0 && item.n == 6);
}

#[test]
fn an_item_that_is_easy_to_guess_is_weaker_evidence() {
    let with = |options| {
        let answer = Answer { guess: Guess::among(options), ..answer(true) };
        react(&AnswerRules::default(), &[fresh(1)], EloRating::default(), answer).unwrap().skills[0].knowledge
    };
    assert!(with(2).p < with(4).p);
    assert_eq!(with(4), with(0), "one right text is no more than the skill's own guess allows");
}

#[test]
fn an_item_without_skills_only_rates_its_card() {
    let item = EloRating { logit: Logit::new(1.0).unwrap(), n: 7 };
    let reaction = react(&AnswerRules::default(), &[], item, answer(true)).unwrap();
    assert_eq!((reaction.item, reaction.expected, reaction.rating), (item, None, Rating::Good));
    assert!(reaction.skills.is_empty() && reaction.mastered.is_empty());
}

#[test]
fn the_rating_follows_the_pace() {
    let rule = PaceRule::default();
    assert_eq!(rule.rating(false, took(0)), Rating::Again);
    assert_eq!(rule.rating(true, took(0)), Rating::Easy);
    assert_eq!(rule.rating(true, took(5_000)), Rating::Easy);
    assert_eq!(rule.rating(true, took(5_001)), Rating::Good);
    assert_eq!(rule.rating(true, took(14_999)), Rating::Good);
    assert_eq!(rule.rating(true, took(15_000)), Rating::Hard);
    assert_eq!(rule.rating(true, took(u64::MAX)), Rating::Hard);
}

#[test]
fn without_a_known_time_a_right_answer_is_good() {
    for allowed_ms in [None, Some(0)] {
        let pace = Pace { elapsed_ms: 1, allowed_ms };
        assert_eq!(PaceRule::default().rating(true, pace), Rating::Good);
        assert_eq!(PaceRule::default().rating(false, pace), Rating::Again);
    }
}

#[test]
fn more_time_allowed_moves_the_limits_in_proportion() {
    let slow = Pace { elapsed_ms: 15_000, allowed_ms: Some(40_000) };
    assert_eq!(PaceRule::default().rating(true, slow), Rating::Good);
}

#[test]
fn pace_limits_that_overlap_are_refused() {
    for (fast_percent, slow_percent) in [(50, 50), (60, 40), (25, 101)] {
        let limits = PaceLimits { fast_percent, slow_percent };
        assert_eq!(PaceRule::new(limits), Err(PaceRuleError::Limits));
    }
    assert_eq!(PaceRule::new(PaceRule::default().limits()), Ok(PaceRule::default()));
}

#[test]
fn skills_named_twice_or_too_many_are_refused() {
    let refused =
        |skills: &[SkillBefore]| react(&AnswerRules::default(), skills, EloRating::default(), answer(true));
    assert_eq!(refused(&[fresh(1), fresh(2), fresh(1)]), Err(ReactError::DuplicateSkill(skill(1))));
    let many: Vec<SkillBefore> = (0..17).map(fresh).collect();
    assert_eq!(refused(&many), Err(ReactError::TooManySkills));
    assert!(refused(&many[..16]).is_ok());
}

proptest! {
    #[test]
    fn any_run_of_answers_stays_within_bounds(
        answers in prop::collection::vec((any::<bool>(), 0_u32..6, any::<u64>()), 1..80), n in 1_u32..5,
    ) {
        let mut skills: Vec<SkillBefore> = (0..n).map(fresh).collect();
        let mut item = EloRating::default();
        for (nth, (correct, options, elapsed_ms)) in (1..).zip(answers) {
            let answer = Answer { correct, guess: Guess::among(options), pace: took(elapsed_ms) };
            let reaction = react(&AnswerRules::default(), &skills, item, answer).unwrap();
            prop_assert_eq!(correct, reaction.rating != Rating::Again);
            prop_assert!(reaction.expected.is_some_and(|p| (0.0..=1.0).contains(&p.get())));
            for mastery in &reaction.skills {
                prop_assert!((0.0..=1.0).contains(&mastery.knowledge.p.get()));
                prop_assert!(mastery.ability.logit.get().abs() <= 10.0);
                prop_assert_eq!((mastery.knowledge.n, mastery.ability.n), (nth, nth));
            }
            skills = next(&reaction, &skills);
            item = reaction.item;
        }
    }

    #[test]
    fn a_right_answer_never_leaves_less_than_a_wrong_one(ability in -10.0_f64..=10.0, difficulty in -10.0_f64..=10.0, n in 0_u32..1_000) {
        let item = EloRating { logit: Logit::new(difficulty).unwrap(), n };
        let with = |correct| react(&AnswerRules::default(), &[able(1, ability, n)], item, answer(correct)).unwrap();
        let (right, wrong) = (with(true), with(false));
        prop_assert!(right.skills[0].knowledge.p >= wrong.skills[0].knowledge.p);
        prop_assert!(right.skills[0].ability.logit >= wrong.skills[0].ability.logit);
        prop_assert!(right.item.logit <= wrong.item.logit);
    }
}
