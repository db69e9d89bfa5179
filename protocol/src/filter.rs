//! Filters: which publications of a channel a subscriber wants, by their tags.

use serde::{Deserialize, Serialize};

/// A node of a filter. Any shape can be read; what it means, and what is refused, is decided where it is compiled.
///
/// A leaf has no `op` and compares one tag: `{"key":"k","cmp":"eq","val":"v"}`, or with several values
/// `{"key":"k","cmp":"in","vals":["v","w"]}`. The others combine: `{"op":"and","nodes":[…]}`. An absent field is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterNode {
    /// `and`, `or`, `not`; empty for a leaf.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub op: String,
    /// Which tag a leaf compares.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// How: `eq`, `neq`, `in`, `nin`, `ex`, `nex`, `sw`, `ew`, `ct`, `lt`, `lte`, `gt`, `gte`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cmp: String,
    /// With what, for comparisons with one value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub val: String,
    /// With what, for `in` and `nin`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vals: Vec<String>,
    /// What `and`, `or` and `not` combine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<FilterNode>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_nested_filter_is_read_and_written_as_it_came() {
        let json = concat!(
            r#"{"op":"and","nodes":[{"key":"lang","cmp":"in","vals":["de","en"]},"#,
            r#"{"op":"not","nodes":[{"key":"level","cmp":"lt","val":"3"}]}]}"#
        );
        let node: FilterNode = serde_json::from_str(json).unwrap();
        assert_eq!(node.nodes[0].vals, ["de", "en"]);
        assert_eq!(node.nodes[1].nodes[0].val, "3");
        assert_eq!(serde_json::to_string(&node).unwrap(), json);
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let node: FilterNode = serde_json::from_str(r#"{"key":"k","cmp":"ex","weight":{"of":[1]}}"#).unwrap();
        assert_eq!(node, FilterNode { key: "k".into(), cmp: "ex".into(), ..FilterNode::default() });
    }
}
