//! Filters by tags: validated and compiled once, when somebody subscribes, then asked for every publication.
//!
//! A leaf compares the tag `key`. `ex` holds if it is there, `nex` if not; `eq`, `in` (one of `vals`), `sw` (starts
//! with), `ew` (ends with), `ct` (contains) compare text byte by byte; `lt`, `lte`, `gt`, `gte` compare numbers. On a
//! publication without the tag `neq`, `nin` and `nex` hold and every other comparison does not: `neq` is "not `eq`" and
//! `nin` is "not `in`", always. A tag that is no number is neither below, above nor equal to one.
//!
//! Numbers are decimals without an exponent, such as `-12.50`, compared exactly and not as `f64`: tags carry ids,
//! offsets and milliseconds as 64-bit integers, and above 2^53 neighbours would become equal. Exact comparison needs no
//! arithmetic, only the digits, so it is also free of limits, infinities and NaN.

use protocol::filter::FilterNode;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

/// Nodes of a filter at most, leaves included.
pub const MAX_NODES: usize = 64;
/// Levels of a filter at most; a leaf alone has one.
pub const MAX_DEPTH: usize = 8;
/// Values of one `in` or `nin` at most.
pub const MAX_VALS: usize = 128;
/// Bytes of a filter's keys and values together at most: every subscription keeps its own.
pub const MAX_TEXT_BYTES: usize = 4096;

/// A filter that is known to be valid.
#[derive(Clone, Debug)]
pub struct Filter {
    root: Rule,
}

/// Why a filter is refused. The client is told 107.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFilter {
    /// An `op` that is not known.
    #[error("a filter's op is and, or, not, or absent for a leaf")]
    UnknownOp,
    /// A `cmp` that is not known, or none.
    #[error("a leaf's cmp is eq, neq, in, nin, ex, nex, sw, ew, ct, lt, lte, gt or gte")]
    UnknownCmp,
    /// A leaf without `key`.
    #[error("a leaf names the key of a tag")]
    NoKey,
    /// `sw`, `ew` or `ct` without `val`, which every tag would satisfy.
    #[error("sw, ew and ct need a val; to ask for any value use ex")]
    NoVal,
    /// `in` or `nin` without `vals`.
    #[error("in and nin need vals")]
    NoVals,
    /// More than [`MAX_VALS`] values.
    #[error("at most 128 vals")]
    TooManyVals,
    /// A numeric comparison with something else.
    #[error("lt, lte, gt and gte need a val that is a decimal number without an exponent")]
    NotANumber,
    /// `and` or `or` without `nodes`.
    #[error("and and or combine at least one node")]
    NoNodes,
    /// `not` with no node or several.
    #[error("not has exactly one node")]
    NotOneNode,
    /// More than [`MAX_NODES`] nodes.
    #[error("a filter has at most 64 nodes")]
    TooManyNodes,
    /// More than [`MAX_TEXT_BYTES`].
    #[error("the keys and values of a filter have at most 4096 bytes together")]
    TooMuchText,
    /// More than [`MAX_DEPTH`] levels.
    #[error("a filter has at most 8 levels")]
    TooDeep,
    /// A field that would be ignored, such as `vals` of `eq` or `key` of `and`; likely not what was meant.
    #[error("a node has only the fields that its op and cmp use")]
    Misplaced,
}

#[derive(Clone, Debug)]
enum Rule {
    All(Vec<Rule>),
    Any(Vec<Rule>),
    Not(Box<Rule>),
    Tag { key: String, test: Test },
}

#[derive(Clone, Debug)]
enum Test {
    Exists,
    Missing,
    Equals(String),
    Differs(String),
    OneOf(BTreeSet<String>),
    NoneOf(BTreeSet<String>),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Number { accepts: fn(Ordering) -> bool, bound: Decimal<String> },
}

/// What the rest of a filter may still take.
struct Left {
    nodes: usize,
    text_bytes: usize,
}

/// A decimal by its digits: nothing is rounded.
#[derive(Clone, Copy, Debug)]
struct Decimal<S> {
    negative: bool,
    /// Before the point, without leading zeros.
    whole: S,
    /// Behind the point, without trailing zeros.
    fraction: S,
}

impl Filter {
    /// Validates a filter and makes it ready to be asked.
    ///
    /// # Errors
    /// The first of [`InvalidFilter`] that is found.
    pub fn compile(node: &FilterNode) -> Result<Self, InvalidFilter> {
        let mut left = Left { nodes: MAX_NODES, text_bytes: MAX_TEXT_BYTES };
        Ok(Self { root: rule(node, MAX_DEPTH, &mut left)? })
    }

    /// Whether a publication with these tags is wanted.
    #[must_use]
    pub fn matches(&self, tags: &BTreeMap<String, String>) -> bool {
        self.root.holds(tags)
    }
}

/// A node's rule, if it needs no more than `levels`; takes what it needs from `left`.
fn rule(node: &FilterNode, levels: usize, left: &mut Left) -> Result<Rule, InvalidFilter> {
    let levels = levels.checked_sub(1).ok_or(InvalidFilter::TooDeep)?;
    left.nodes = left.nodes.checked_sub(1).ok_or(InvalidFilter::TooManyNodes)?;
    let FilterNode { op, key, cmp, val, vals, nodes: inner } = node;
    let text = key.len() + val.len() + vals.iter().map(String::len).sum::<usize>();
    left.text_bytes = left.text_bytes.checked_sub(text).ok_or(InvalidFilter::TooMuchText)?;
    if op.is_empty() {
        return if inner.is_empty() { leaf(node) } else { Err(InvalidFilter::Misplaced) };
    }
    if !(key.is_empty() && cmp.is_empty() && val.is_empty() && vals.is_empty()) {
        return Err(InvalidFilter::Misplaced);
    }
    let mut rules = || inner.iter().map(|node| rule(node, levels, left)).collect::<Result<_, _>>();
    match (op.as_str(), inner.as_slice()) {
        ("and" | "or", []) => Err(InvalidFilter::NoNodes),
        ("and", _) => Ok(Rule::All(rules()?)),
        ("or", _) => Ok(Rule::Any(rules()?)),
        ("not", [only]) => Ok(Rule::Not(Box::new(rule(only, levels, left)?))),
        ("not", _) => Err(InvalidFilter::NotOneNode),
        _ => Err(InvalidFilter::UnknownOp),
    }
}

fn leaf(node: &FilterNode) -> Result<Rule, InvalidFilter> {
    let val = || node.val.clone();
    let some_val = || if node.val.is_empty() { Err(InvalidFilter::NoVal) } else { Ok(val()) };
    let vals = || match node.vals.len() {
        0 => Err(InvalidFilter::NoVals),
        1..=MAX_VALS => Ok(node.vals.iter().cloned().collect()),
        _ => Err(InvalidFilter::TooManyVals),
    };
    let number = |accepts| {
        let bound = Decimal::parse(&node.val).ok_or(InvalidFilter::NotANumber)?;
        Ok(Test::Number { accepts, bound: bound.owned() })
    };
    let test = match node.cmp.as_str() {
        "eq" => Test::Equals(val()),
        "neq" => Test::Differs(val()),
        "in" => Test::OneOf(vals()?),
        "nin" => Test::NoneOf(vals()?),
        "ex" => Test::Exists,
        "nex" => Test::Missing,
        "sw" => Test::StartsWith(some_val()?),
        "ew" => Test::EndsWith(some_val()?),
        "ct" => Test::Contains(some_val()?),
        "lt" => number(Ordering::is_lt)?,
        "lte" => number(Ordering::is_le)?,
        "gt" => number(Ordering::is_gt)?,
        "gte" => number(Ordering::is_ge)?,
        _ => return Err(InvalidFilter::UnknownCmp),
    };
    let misplaced = match test {
        Test::Exists | Test::Missing => !node.val.is_empty() || !node.vals.is_empty(),
        Test::OneOf(_) | Test::NoneOf(_) => !node.val.is_empty(),
        _ => !node.vals.is_empty(),
    };
    match (node.key.is_empty(), misplaced) {
        (true, _) => Err(InvalidFilter::NoKey),
        (false, true) => Err(InvalidFilter::Misplaced),
        (false, false) => Ok(Rule::Tag { key: node.key.clone(), test }),
    }
}

impl Rule {
    fn holds(&self, tags: &BTreeMap<String, String>) -> bool {
        match self {
            Self::All(rules) => rules.iter().all(|rule| rule.holds(tags)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(tags)),
            Self::Not(rule) => !rule.holds(tags),
            Self::Tag { key, test } => test.holds(tags.get(key).map(String::as_str)),
        }
    }
}

impl Test {
    fn holds(&self, tag: Option<&str>) -> bool {
        match self {
            Self::Exists => tag.is_some(),
            Self::Missing => tag.is_none(),
            Self::Equals(val) => tag == Some(val),
            Self::Differs(val) => tag != Some(val),
            Self::OneOf(vals) => tag.is_some_and(|tag| vals.contains(tag)),
            Self::NoneOf(vals) => tag.is_none_or(|tag| !vals.contains(tag)),
            Self::StartsWith(val) => tag.is_some_and(|tag| tag.starts_with(val)),
            Self::EndsWith(val) => tag.is_some_and(|tag| tag.ends_with(val)),
            Self::Contains(val) => tag.is_some_and(|tag| tag.contains(val)),
            Self::Number { accepts, bound } => {
                tag.and_then(Decimal::parse).is_some_and(|tag| accepts(tag.compare(bound)))
            }
        }
    }
}

impl<'a> Decimal<&'a str> {
    /// Reads `[+-]digits[.digits]`.
    fn parse(text: &'a str) -> Option<Self> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        if !digits(whole) || !digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        // Zero has no sign.
        let negative = text.starts_with('-') && !(whole.is_empty() && fraction.is_empty());
        Some(Self { negative, whole, fraction })
    }

    fn owned(self) -> Decimal<String> {
        Decimal { negative: self.negative, whole: self.whole.to_owned(), fraction: self.fraction.to_owned() }
    }

    fn compare(&self, other: &Decimal<String>) -> Ordering {
        // Without leading zeros more digits are more; behind the point the order of digits is that of text.
        let size = (self.whole.len(), self.whole, self.fraction).cmp(&(
            other.whole.len(),
            other.whole.as_str(),
            other.fraction.as_str(),
        ));
        match (self.negative, other.negative) {
            (false, false) => size,
            (true, true) => size.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(key: &str, cmp: &str, val: &str) -> FilterNode {
        FilterNode { key: key.into(), cmp: cmp.into(), val: val.into(), ..FilterNode::default() }
    }

    fn tag_among(key: &str, cmp: &str, vals: &[&str]) -> FilterNode {
        FilterNode { vals: vals.iter().copied().map(String::from).collect(), ..tag(key, cmp, "") }
    }

    fn combined(op: &str, nodes: impl Into<Vec<FilterNode>>) -> FilterNode {
        FilterNode { op: op.into(), nodes: nodes.into(), ..FilterNode::default() }
    }

    fn matches(node: &FilterNode, tags: &BTreeMap<String, String>) -> bool {
        Filter::compile(node).unwrap().matches(tags)
    }

    fn matches_tag(cmp: &str, val: &str, value: &str) -> bool {
        matches(&tag("k", cmp, val), &BTreeMap::from([("k".into(), value.into())]))
    }

    #[test]
    fn text_is_compared_as_it_stands() {
        for (cmp, val, yes, no) in [
            ("eq", "de", "de", "De"),
            ("neq", "de", "De", "de"),
            ("sw", "maths", "maths/7", "7/maths"),
            ("ew", "/7", "maths/7", "maths/77"),
            ("ct", "th", "maths", "mats"),
            ("eq", "", "", "x"),
        ] {
            assert!(matches_tag(cmp, val, yes), "{cmp} {val} {yes}");
            assert!(!matches_tag(cmp, val, no), "{cmp} {val} {no}");
        }
        let tags = BTreeMap::from([("lang".to_owned(), "de".to_owned())]);
        assert!(matches(&tag_among("lang", "in", &["en", "de"]), &tags));
        assert!(!matches(&tag_among("lang", "nin", &["en", "de"]), &tags));
        assert!(!matches(&tag_among("lang", "in", &["en"]), &tags));
        assert!(matches(&tag("lang", "ex", ""), &tags));
        assert!(!matches(&tag("lang", "nex", ""), &tags));
    }

    #[test]
    fn without_the_tag_only_the_negative_comparisons_hold() {
        let holds = |node: FilterNode| matches(&node, &BTreeMap::new());
        for cmp in ["eq", "sw", "ew", "ct", "lt", "lte", "gt", "gte"] {
            assert!(!holds(tag("k", cmp, "0")), "{cmp}");
        }
        assert!(!holds(tag("k", "ex", "")) && !holds(tag("k", "eq", "")));
        assert!(!holds(tag_among("k", "in", &["", "a"])));
        assert!(holds(tag("k", "nex", "")) && holds(tag("k", "neq", "a")));
        assert!(holds(tag_among("k", "nin", &["", "a"])));
    }

    #[test]
    fn numbers_are_compared_exactly() {
        for (less, more) in [
            ("9", "10"),
            ("-10", "-9"),
            ("-1", "0"),
            ("1.5", "1.51"),
            ("0.1", "0.2"),
            ("-0.2", "-0.1"),
            ("9007199254740992", "9007199254740993"),
            ("18446744073709551615", "18446744073709551616"),
        ] {
            assert!(matches_tag("lt", more, less) && matches_tag("lte", more, less), "{less} < {more}");
            assert!(matches_tag("gt", less, more) && matches_tag("gte", less, more), "{more} > {less}");
            assert!(!matches_tag("gt", more, less) && !matches_tag("gte", more, less), "{less} > {more}");
        }
        for (left, right) in [("1", "1.0"), ("007", "7"), ("+3", "3"), ("-0", "0.00"), ("-0.50", "-00.5")] {
            assert!(matches_tag("lte", left, right) && matches_tag("gte", left, right), "{left} = {right}");
            assert!(!matches_tag("lt", left, right) && !matches_tag("gt", left, right), "{left} = {right}");
        }
    }

    #[test]
    fn what_is_no_number_does_not_match_and_is_refused_as_a_bound() {
        for text in
            ["", "x", "1e3", "NaN", "inf", ".5", "5.", "1.2.3", "--1", "+", "-", ".", " 1", "1_0", "٣"]
        {
            for cmp in ["lt", "lte", "gt", "gte"] {
                assert!(!matches_tag(cmp, "0", text), "{cmp} {text}");
                assert_eq!(refusal(&tag("k", cmp, text)), InvalidFilter::NotANumber, "{cmp} {text}");
            }
        }
    }

    fn refusal(node: &FilterNode) -> InvalidFilter {
        Filter::compile(node).unwrap_err()
    }

    #[test]
    fn what_means_nothing_is_refused() {
        let leaf = || tag("k", "ex", "");
        for (node, reason) in [
            (FilterNode::default(), InvalidFilter::UnknownCmp),
            (tag("k", "EQ", "v"), InvalidFilter::UnknownCmp),
            (tag("", "eq", "v"), InvalidFilter::NoKey),
            (tag("k", "ct", ""), InvalidFilter::NoVal),
            (tag("k", "in", ""), InvalidFilter::NoVals),
            (combined("xor", [leaf()]), InvalidFilter::UnknownOp),
            (combined("and", []), InvalidFilter::NoNodes),
            (combined("or", []), InvalidFilter::NoNodes),
            (combined("not", []), InvalidFilter::NotOneNode),
            (combined("not", [leaf(), leaf()]), InvalidFilter::NotOneNode),
            (tag_among("k", "eq", &["v"]), InvalidFilter::Misplaced),
            (tag("k", "ex", "v"), InvalidFilter::Misplaced),
            (FilterNode { nodes: vec![leaf()], ..leaf() }, InvalidFilter::Misplaced),
            (FilterNode { key: "k".into(), ..combined("and", [leaf()]) }, InvalidFilter::Misplaced),
            (combined("or", [leaf(), tag("k", "lt", "x")]), InvalidFilter::NotANumber),
        ] {
            assert_eq!(refusal(&node), reason, "{node:?}");
        }
    }

    #[test]
    fn a_filter_may_be_as_large_as_the_limits_and_no_larger() {
        let leaf = || tag("k", "ex", "");
        let wide = |leaves: usize| combined("and", vec![leaf(); leaves]);
        assert!(Filter::compile(&wide(MAX_NODES - 1)).is_ok());
        assert_eq!(refusal(&wide(MAX_NODES)), InvalidFilter::TooManyNodes);
        let deep = |levels: usize| (1..levels).fold(leaf(), |inner, _| combined("not", [inner]));
        assert!(Filter::compile(&deep(MAX_DEPTH)).is_ok());
        assert_eq!(refusal(&deep(MAX_DEPTH + 1)), InvalidFilter::TooDeep);
        let many = |vals: usize| tag_among("k", "in", &vec!["v"; vals]);
        assert!(Filter::compile(&many(MAX_VALS)).is_ok());
        assert_eq!(refusal(&many(MAX_VALS + 1)), InvalidFilter::TooManyVals);
        let long = |bytes: usize| combined("and", [leaf(), tag("k", "eq", &"x".repeat(bytes))]);
        let others = leaf().key.len() + leaf().val.len() + "k".len();
        assert!(Filter::compile(&long(MAX_TEXT_BYTES - others)).is_ok());
        assert_eq!(refusal(&long(MAX_TEXT_BYTES - others + 1)), InvalidFilter::TooMuchText);
    }

    fn any_tags() -> impl Strategy<Value = BTreeMap<String, String>> {
        proptest::collection::btree_map("[ab]", "[-]?[0-3x]{0,2}", 0..3)
    }

    fn any_leaf() -> impl Strategy<Value = FilterNode> {
        prop_oneof![
            ("[ab]", prop::sample::select(vec!["eq", "neq", "sw", "ew", "ct"]), "[0-3x]{1,2}"),
            ("[ab]", prop::sample::select(vec!["lt", "lte", "gt", "gte"]), "-?[0-3]{1,2}"),
            ("[ab]", prop::sample::select(vec!["ex", "nex"]), Just(String::new())),
        ]
        .prop_map(|(key, cmp, val)| tag(&key, cmp, &val))
    }

    fn any_filter() -> impl Strategy<Value = FilterNode> {
        any_leaf().prop_recursive(2, 12, 3, |inner| {
            (prop::sample::select(vec!["and", "or", "not"]), proptest::collection::vec(inner, 1..4)).prop_map(
                |(op, mut nodes)| {
                    nodes.truncate(if op == "not" { 1 } else { 3 });
                    combined(op, nodes)
                },
            )
        })
    }

    proptest! {
        #[test]
        fn de_morgan_holds(left in any_filter(), right in any_filter(), tags in any_tags()) {
            let not = |node: &FilterNode| combined("not", [node.clone()]);
            let both = |op, left: &FilterNode, right: &FilterNode| combined(op, [left.clone(), right.clone()]);
            prop_assert_eq!(
                matches(&not(&both("and", &left, &right)), &tags),
                matches(&both("or", &not(&left), &not(&right)), &tags)
            );
            prop_assert_eq!(
                matches(&not(&both("or", &left, &right)), &tags),
                matches(&both("and", &not(&left), &not(&right)), &tags)
            );
            prop_assert_eq!(matches(&not(&not(&left)), &tags), matches(&left, &tags));
        }

        #[test]
        fn negative_comparisons_are_the_negation_of_the_positive(val in "[0-3x]{0,2}", tags in any_tags()) {
            prop_assert_ne!(matches(&tag("a", "eq", &val), &tags), matches(&tag("a", "neq", &val), &tags));
            prop_assert_ne!(matches(&tag("a", "ex", ""), &tags), matches(&tag("a", "nex", ""), &tags));
            prop_assert_ne!(
                matches(&tag_among("a", "in", &[&val, "1"]), &tags),
                matches(&tag_among("a", "nin", &[&val, "1"]), &tags)
            );
        }

        #[test]
        fn decimals_are_ordered_as_their_values(left in any::<i64>(), right in any::<i64>(), places in 0u32..6) {
            let written = |value: i64| {
                let (unit, value) = (10i128.pow(places), i128::from(value));
                let sign = if value < 0 { "-" } else { "" };
                let width = places as usize;
                match places {
                    0 => format!("{value}"),
                    _ => format!("{sign}{}.{:0width$}", value.abs() / unit, value.abs() % unit),
                }
            };
            for (cmp, expected) in
                [("lt", left < right), ("lte", left <= right), ("gt", left > right), ("gte", left >= right)]
            {
                prop_assert_eq!(matches_tag(cmp, &written(right), &written(left)), expected);
            }
        }

        #[test]
        fn only_filters_within_the_limits_are_taken(node in any_shape()) {
            if Filter::compile(&node).is_ok() {
                prop_assert!(nodes(&node) <= MAX_NODES && levels(&node) <= MAX_DEPTH);
            }
        }
    }

    fn nodes(node: &FilterNode) -> usize {
        1 + node.nodes.iter().map(nodes).sum::<usize>()
    }

    fn levels(node: &FilterNode) -> usize {
        1 + node.nodes.iter().map(levels).max().unwrap_or(0)
    }

    fn any_shape() -> impl Strategy<Value = FilterNode> {
        let fields = ("(|and|or|not|x)", "[ab]?", "(|eq|in|lt|gte|ex|ct|x)", "\\PC{0,3}");
        let leaf =
            (fields, proptest::collection::vec("[ab]", 0..3)).prop_map(|((op, key, cmp, val), vals)| {
                FilterNode { op, key, cmp, val, vals, nodes: Vec::new() }
            });
        leaf.prop_recursive(10, 96, 12, |inner| {
            ("(and|or|not|)", proptest::collection::vec(inner, 0..12))
                .prop_map(|(op, nodes)| combined(&op, nodes))
        })
    }
}
