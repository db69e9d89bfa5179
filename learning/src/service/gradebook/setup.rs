//! From what is kept of a gradebook to what the grade engine takes. No clock, no store.

use crate::grades::{
    Aggregation, Category, Gradebook, GradebookError, LineItem, Policy, Rules, ScoreEntry, Setup,
};
use crate::service::RecordError;
use persistence::gradebook as kept;
use persistence::gradebook::{CategoryContent, ClassGradebook, GradingPolicy, LineItemContent};
use protocol::ids::{CategoryId, ClassId, LineItemId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

/// Title of the category that a class without one gets.
const FIRST_TITLE: &str = "All work";

/// What the engine knows of a category beside its place and its weight. A rule that is not known is refused: a misspelled one
/// must not make another grade in silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CategoryRules {
    /// Drops so many of the lowest scores.
    pub drop_lowest: u32,
    /// Canvas: drops so many of the highest scores.
    pub drop_highest: u32,
    /// Moodle: keeps so many of the highest scores, all if 0.
    pub keep_highest: u32,
    /// Moodle: how values become one.
    pub aggregation: Aggregation,
    /// Moodle: leaves out ungraded work.
    pub only_graded: bool,
    /// Moodle: adds to the category around it without counting against it.
    pub extra_credit: bool,
    /// Moodle: what the category is worth in the one around it, points.
    pub max_points: f64,
}

impl Default for CategoryRules {
    fn default() -> Self {
        let Category {
            drop_lowest,
            drop_highest,
            keep_highest,
            aggregation,
            only_graded,
            extra_credit,
            max_points,
            ..
        } = Category::new(CategoryId(Uuid::nil()));
        Self { drop_lowest, drop_highest, keep_highest, aggregation, only_graded, extra_credit, max_points }
    }
}

impl CategoryRules {
    /// The engine's category.
    pub(super) fn category(
        &self,
        id: CategoryId,
        parent: Option<CategoryId>,
        weight_ppm: Option<i64>,
    ) -> Category {
        Category {
            id,
            parent,
            weight_ppm,
            drop_lowest: self.drop_lowest,
            drop_highest: self.drop_highest,
            keep_highest: self.keep_highest,
            aggregation: self.aggregation,
            only_graded: self.only_graded,
            extra_credit: self.extra_credit,
            max_points: self.max_points,
        }
    }
}

/// The category that a class without one gets, under an id that follows from the class: whoever makes it makes the same.
pub(super) fn first_category(class: ClassId) -> (CategoryId, CategoryContent) {
    let content = CategoryContent {
        title: FIRST_TITLE.to_owned(),
        parent: None,
        position: 0,
        weight_ppm: None,
        rules: serde_json::to_value(CategoryRules::default()).unwrap_or_default(),
    };
    (CategoryId(Uuid::new_v5(&class.0, b"first category")), content)
}

/// Moodle's rules have a single category at the top: the course. A class that has several beside each other, or none, gets
/// this one around them.
fn course_category(class: ClassId) -> CategoryId {
    CategoryId(Uuid::new_v5(&class.0, b"course category"))
}

/// The policy of a class: the kept one in its version, or the usual one, which is version 0.
pub(super) fn policy_of(kept: Option<&GradingPolicy>) -> Result<Policy, RecordError> {
    let Some(kept) = kept else { return Ok(Policy::default()) };
    let policy: Policy = serde_json::from_value(kept.policy.clone())
        .map_err(|error| unreadable(format!("the grading policy cannot be read ({error}); set it again")))?;
    Ok(Policy { version: kept.version, ..policy })
}

/// The rules of a category.
pub(super) fn rules_of(id: CategoryId, rules: &Json) -> Result<CategoryRules, RecordError> {
    CategoryRules::deserialize(rules).map_err(|error| {
        unreadable(format!("the rules of category {id} cannot be read ({error}); save it again with others"))
    })
}

fn unreadable(reason: String) -> RecordError {
    RecordError::refused("unreadable_gradebook", reason)
}

/// A line item as the engine takes it. The grading period counts only where the policy has any.
pub(super) fn line_item(id: LineItemId, content: &LineItemContent, policy: &Policy) -> LineItem {
    LineItem {
        id,
        category: content.category,
        points_possible: content.points_possible,
        period: content.period.filter(|_| !policy.periods.periods.is_empty()),
        due_at: content.due_at.map(|at| at.0),
        weight_ppm: content.weight_ppm,
        extra_credit: content.extra_credit,
        omit_from_final: content.omit_from_final,
        never_drop: content.never_drop,
        hidden: content.hidden,
    }
}

fn categories(class: ClassId, kept: &[kept::Category], rules: Rules) -> Result<Vec<Category>, RecordError> {
    // Canvas knows no categories within others: there each is a group of its own.
    let nested = rules == Rules::Moodle;
    let mut categories = Vec::with_capacity(kept.len() + 1);
    for category in kept {
        let content = &category.content;
        let parent = content.parent.filter(|_| nested);
        categories.push(rules_of(category.id, &content.rules)?.category(
            category.id,
            parent,
            content.weight_ppm,
        ));
    }
    if nested && categories.iter().filter(|category| category.parent.is_none()).count() != 1 {
        let course = course_category(class);
        for category in &mut categories {
            category.parent = category.parent.or(Some(course));
        }
        categories.insert(0, CategoryRules::default().category(course, None, None));
    }
    Ok(categories)
}

/// A gradebook that can be graded.
///
/// # Errors
/// [`RecordError::Refused`] with what has to be mended, if something that is kept cannot be read or graded.
pub fn open(class: ClassId, book: &ClassGradebook) -> Result<Gradebook, RecordError> {
    let policy = policy_of(book.policy.as_ref())?;
    let categories = categories(class, &book.categories, policy.rules)?;
    let line_items = book.line_items.iter().map(|item| line_item(item.id, &item.content, &policy)).collect();
    let students = book.students.iter().map(|student| student.id).collect();
    let scores: Vec<ScoreEntry> = book.scores.iter().map(entry).collect();
    Gradebook::open(Setup { policy, categories, line_items }, students, &scores)
        .map_err(|error| ungradable(&error))
}

fn ungradable(error: &GradebookError) -> RecordError {
    RecordError::refused("ungradable", format!("the gradebook cannot be graded: {error}"))
}

fn entry(score: &kept::ScoreEntry) -> ScoreEntry {
    ScoreEntry {
        id: score.id,
        line_item: score.line_item,
        student: score.student,
        given: score.given,
        excused: score.excused,
        scored_at: score.scored_at.0,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::grades::{WeightScheme, grade_class};
    use persistence::Micros;
    use persistence::gradebook::GradedStudent;
    use persistence::rosters::EnrollmentState;
    use protocol::ids::{PersonId, ScoreId, SessionId};
    use serde_json::json;

    fn category(parent: Option<CategoryId>, rules: Json) -> kept::Category {
        let content =
            CategoryContent { title: "Tests".to_owned(), parent, position: 0, weight_ppm: None, rules };
        kept::Category { id: CategoryId::generate(), version: 1, content }
    }

    fn item(category: CategoryId, points_possible: f64) -> kept::LineItem {
        let content = LineItemContent {
            title: "Test".to_owned(),
            category,
            period: Some(SessionId::generate()),
            position: 0,
            points_possible,
            due_at: None,
            weight_ppm: None,
            extra_credit: false,
            omit_from_final: false,
            never_drop: false,
            hidden: false,
        };
        kept::LineItem { id: LineItemId::generate(), version: 1, content }
    }

    /// Two categories side by side with an item each, and one student with 5 of 10 and 20 of 20 points.
    fn book(policy: Option<Json>, rules: Json) -> ClassGradebook {
        let categories = vec![category(None, rules), category(None, json!({}))];
        let line_items = vec![item(categories[0].id, 10.0), item(categories[1].id, 20.0)];
        let student = GradedStudent {
            id: PersonId::generate(),
            name: "Ada".to_owned(),
            state: EnrollmentState::Active,
        };
        let score = |item: &kept::LineItem, given| kept::ScoreEntry {
            id: ScoreId::generate(),
            line_item: item.id,
            student: student.id,
            given: Some(given),
            excused: false,
            scored_at: Micros(1),
        };
        let scores = vec![score(&line_items[0], 5.0), score(&line_items[1], 20.0)];
        let policy = policy.map(|policy| GradingPolicy { version: 3, policy, made_at: Micros(1) });
        ClassGradebook { policy, categories, line_items, students: vec![student], scores }
    }

    fn percent(book: &ClassGradebook) -> Result<(u32, Option<f64>), RecordError> {
        let grades = grade_class(&open(ClassId(Uuid::nil()), book)?, 9);
        Ok((grades[0].policy_version, grades[0].current_grade.percent))
    }

    #[test]
    fn a_class_without_a_policy_is_graded_by_points() {
        assert_eq!(percent(&book(None, json!({}))).unwrap(), (0, Some(83.33)));
    }

    #[test]
    fn a_kept_policy_counts_in_the_version_that_it_is_kept_in() {
        let scheme = Rules::Canvas { scheme: WeightScheme::Points };
        let policy =
            serde_json::to_value(Policy { version: 77, rules: scheme, ..Policy::default() }).unwrap();
        assert_eq!(percent(&book(Some(policy), json!({}))).unwrap(), (3, Some(83.33)));
    }

    #[test]
    fn moodle_has_a_course_around_categories_that_stand_side_by_side() {
        let policy =
            json!({"version": 1, "rules": {"engine": "moodle"}, "letters": null, "only_period": null});
        // Natural: 5 of 10 and 20 of 20 are 25 of 30 points.
        let mut book = book(Some(policy), json!({}));
        assert_eq!(percent(&book).unwrap(), (3, Some(83.33)));
        // With one at the top, that one is the course.
        book.categories[1].content.parent = Some(book.categories[0].id);
        let opened = open(ClassId(Uuid::nil()), &book).unwrap();
        assert_eq!(grade_class(&opened, 9)[0].categories.len(), 2);
    }

    #[test]
    fn canvas_takes_a_tree_as_groups() {
        let mut book = book(None, json!({}));
        book.categories[1].content.parent = Some(book.categories[0].id);
        assert_eq!(percent(&book).unwrap(), (0, Some(83.33)));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_never_guessed() {
        let cases = [
            (None, json!({"drop_lowst": 1})),
            (None, json!({"drop_lowest": -1})),
            (None, json!("none")),
            (Some(json!({"rules": {"engine": "abacus"}})), json!({})),
        ];
        for (policy, rules) in cases {
            let error = percent(&book(policy, rules.clone())).unwrap_err();
            assert_eq!(error.code(), "unreadable_gradebook", "{rules}: {error}");
        }
    }

    #[test]
    fn the_first_category_of_a_class_is_always_the_same() {
        let class = ClassId::generate();
        assert_eq!(first_category(class), first_category(class));
        assert_ne!(first_category(class).0, first_category(ClassId::generate()).0);
        let (id, content) = first_category(class);
        assert_eq!(rules_of(id, &content.rules).unwrap(), CategoryRules::default());
    }
}
