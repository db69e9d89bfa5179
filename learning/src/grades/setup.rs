//! What a gradebook is made of, as it is stored: nothing here is checked before [`Gradebook::open`](super::Gradebook).

use super::LetterScale;
use protocol::ids::{CategoryId, LineItemId, PersonId, ScoreId, SessionId};
use serde::{Deserialize, Serialize};

/// The weight that is 100 %, or the coefficient 1.
pub const WHOLE_PPM: i64 = 1_000_000;
/// Largest weight: a thousand times the whole.
pub const MAX_WEIGHT_PPM: i64 = 1_000 * WHOLE_PPM;
/// Most points of a line item, and of a score in either direction.
pub const MAX_POINTS: f64 = 1_000_000.0;
/// Most categories of a gradebook.
pub const MAX_CATEGORIES: usize = 500;
/// Most line items of a gradebook.
pub const MAX_LINE_ITEMS: usize = 5_000;
/// Most grading periods of a policy.
pub const MAX_PERIODS: usize = 50;
/// Most students of a gradebook.
pub const MAX_STUDENTS: usize = 20_000;
/// Most score entries of a gradebook; the history counts.
pub const MAX_SCORES: usize = 5_000_000;

/// How a class is graded. Order matters: it is the order of the output, and it decides between equals where a rule
/// does not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The rules.
    pub policy: Policy,
    /// The tree of categories.
    pub categories: Vec<Category>,
    /// The columns.
    pub line_items: Vec<LineItem>,
}

/// The rules of a class. A change of them is a new version, so that a grade says what it was computed by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Counts up with each change.
    pub version: u32,
    /// Whose rules.
    pub rules: Rules,
    /// Letters for grades, if the class uses them.
    pub letters: Option<LetterScale>,
    /// The grading periods of the class, if it has them.
    #[serde(default)]
    pub periods: GradingPeriods,
    /// Grades only the work of this grading period; all work if none.
    pub only_period: Option<SessionId>,
}

/// Whose rules a class is graded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "engine", rename_all = "snake_case")]
pub enum Rules {
    /// Categories are assignment groups: a flat list, with drop rules.
    Canvas {
        /// How groups make the grade.
        scheme: WeightScheme,
    },
    /// Categories are a tree with one root, the course; each has its own aggregation.
    Moodle,
}

/// How Canvas makes the grade from its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightScheme {
    /// All points by all points possible; weights of groups are not used.
    Points,
    /// Each group's fraction by its weight. Weights below 100 % are scaled up, weights above are not scaled down.
    Percent,
}

impl Default for Rules {
    fn default() -> Self {
        Self::Canvas { scheme: WeightScheme::Points }
    }
}

/// The grading periods of a class.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GradingPeriods {
    /// Whether the grade is made of the periods' grades by their weights; otherwise of all work at once.
    pub weighted: bool,
    /// The periods in order.
    pub periods: Vec<GradingPeriod>,
}

/// A part of the school year with its own grade.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradingPeriod {
    /// The academic session.
    pub id: SessionId,
    /// Its weight, if periods are weighted; [`WHOLE_PPM`] is 100 %.
    pub weight_ppm: i64,
    /// Work due after this moment belongs to it, microseconds since the epoch.
    pub starts_at: i64,
    /// Work due up to this moment belongs to it, microseconds since the epoch.
    pub ends_at: i64,
}

/// A group of line items. The fields of the rules that a class does not use are ignored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Which.
    pub id: CategoryId,
    /// The category around it; Canvas has none.
    pub parent: Option<CategoryId>,
    /// [`WHOLE_PPM`] is 100 %. Canvas: the group's weight, 0 if none. Moodle: as [`LineItem::weight_ppm`], in the parent.
    pub weight_ppm: Option<i64>,
    /// Drops so many of the lowest scores.
    #[serde(default)]
    pub drop_lowest: u32,
    /// Canvas: drops so many of the highest scores.
    #[serde(default)]
    pub drop_highest: u32,
    /// Moodle: keeps so many of the highest scores, all if 0; used only if `drop_lowest` is 0.
    #[serde(default)]
    pub keep_highest: u32,
    /// Moodle: how values become one.
    #[serde(default)]
    pub aggregation: Aggregation,
    /// Moodle: leaves out ungraded work; otherwise it counts as 0 in the current grade as well.
    pub only_graded: bool,
    /// Moodle: adds to the parent without counting against it, where the parent's aggregation knows extra credit.
    #[serde(default)]
    pub extra_credit: bool,
    /// Moodle: what the category is worth in its parent, points; not used for [`Aggregation::Sum`], which is worth what
    /// its parts are.
    pub max_points: f64,
}

impl Category {
    /// A category at the top without a weight or rules, worth 100 points, of which only graded work counts.
    #[must_use]
    pub fn new(id: CategoryId) -> Self {
        Self {
            id,
            parent: None,
            weight_ppm: None,
            drop_lowest: 0,
            drop_highest: 0,
            keep_highest: 0,
            aggregation: Aggregation::default(),
            only_graded: true,
            extra_credit: false,
            max_points: 100.0,
        }
    }
}

/// How Moodle makes a category's value from the values of its parts, each normalised to 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// The arithmetic mean.
    Mean,
    /// The middle value, or the mean of the two in the middle.
    Median,
    /// The lowest.
    Min,
    /// The highest.
    Max,
    /// The most frequent; of several, the highest.
    Mode,
    /// The mean by the weights that are given.
    WeightedMean,
    /// The mean by points possible, with extra credit.
    SimpleWeightedMean,
    /// The mean, with extra credit by the weights that are given.
    ExtraCreditMean,
    /// Natural: the sum of points, with extra credit and weights that can be overridden.
    #[default]
    Sum,
}

impl Aggregation {
    /// Whether extra credit means anything to it.
    #[must_use]
    pub fn knows_extra_credit(self) -> bool {
        matches!(self, Self::SimpleWeightedMean | Self::ExtraCreditMean | Self::Sum)
    }
}

/// A column of the gradebook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineItem {
    /// Which.
    pub id: LineItemId,
    /// Its category.
    pub category: CategoryId,
    /// Full points; 0 or more.
    pub points_possible: f64,
    /// The grading period; if none, the one in which it is due, and the last one if it is never due.
    pub period: Option<SessionId>,
    /// When it is due, microseconds since the epoch.
    pub due_at: Option<i64>,
    /// Moodle, by the category's aggregation: the coefficient for [`Aggregation::WeightedMean`] (1 if none) and for
    /// extra credit in [`Aggregation::ExtraCreditMean`] (1 if none); the overridden weight for [`Aggregation::Sum`].
    pub weight_ppm: Option<i64>,
    /// Adds to the score and not to what is possible.
    #[serde(default)]
    pub extra_credit: bool,
    /// Does not count in any grade.
    #[serde(default)]
    pub omit_from_final: bool,
    /// Canvas: the drop rules leave it alone.
    #[serde(default)]
    pub never_drop: bool,
    /// Not visible to students: does not count in any grade.
    #[serde(default)]
    pub hidden: bool,
}

impl LineItem {
    /// An ordinary, visible line item.
    #[must_use]
    pub fn new(id: LineItemId, category: CategoryId, points_possible: f64) -> Self {
        Self {
            id,
            category,
            points_possible,
            period: None,
            due_at: None,
            weight_ppm: None,
            extra_credit: false,
            omit_from_final: false,
            never_drop: false,
            hidden: false,
        }
    }
}

/// One entry of a score. Entries are never changed: a correction is a later entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreEntry {
    /// Which; decides between entries of the same moment, the greater one wins.
    pub id: ScoreId,
    /// For what.
    pub line_item: LineItemId,
    /// Whose.
    pub student: PersonId,
    /// Points, after what was taken off for being late; none takes an earlier score back.
    pub given: Option<f64>,
    /// Excused: the line item does not count for this student, whatever was given.
    pub excused: bool,
    /// When, microseconds since the epoch.
    pub scored_at: i64,
}
