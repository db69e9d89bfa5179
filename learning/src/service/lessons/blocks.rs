//! What a lesson is made of.

use crate::service::{FieldError, Learning, Member, RecordError};
use protocol::ids::QuizId;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Most blocks of a lesson; each quiz among them is looked up.
const MAX_BLOCKS: usize = 200;
/// Longest text of a block, characters.
const MAX_TEXT: usize = 50_000;
/// Longest address, characters.
const MAX_URL: usize = 2_000;
/// Longest label of an address, characters.
const MAX_LABEL: usize = 200;

/// What is taught.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LessonContent {
    /// From the top.
    pub blocks: Vec<Block>,
}

/// A part of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// Something to read.
    Text {
        /// Plain; blank lines part paragraphs.
        text: String,
    },
    /// Something elsewhere.
    Link {
        /// With `http` or `https`, as a page makes an anchor of it.
        url: String,
        /// As shown.
        label: String,
    },
    /// A quiz of the school.
    Quiz {
        /// Which.
        quiz: QuizId,
    },
}

impl Block {
    fn check(&self, at: &str) -> Result<(), FieldError> {
        match self {
            Self::Text { text } if text.chars().count() > MAX_TEXT => Err(FieldError::of(
                &format!("{at}.text"),
                format!("write at most {MAX_TEXT} characters, and the rest into another block"),
            )),
            Self::Link { url, .. } if !is_web(url) => Err(FieldError::of(
                &format!("{at}.url"),
                format!("give an address with http or https, of at most {MAX_URL} characters without blanks"),
            )),
            Self::Link { label, .. } if label.chars().count() > MAX_LABEL => {
                Err(FieldError::of(&format!("{at}.label"), format!("write at most {MAX_LABEL} characters")))
            }
            _ => Ok(()),
        }
    }
}

/// Other schemes can run as scripts in the page of whoever follows them.
fn is_web(url: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let head = url.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &url[scheme.len()..])
    });
    let blank = |letter: char| letter.is_control() || letter.is_whitespace();
    rest.is_some_and(|rest| !rest.is_empty()) && url.chars().count() <= MAX_URL && !url.contains(blank)
}

fn read(content: &Json) -> Result<LessonContent, RecordError> {
    let content = LessonContent::deserialize(content)
        .map_err(|error| RecordError::invalid("content", format!("mend it: {error}")))?;
    if content.blocks.len() > MAX_BLOCKS {
        let problem = format!("a lesson has at most {MAX_BLOCKS} blocks; make another lesson of the rest");
        return Err(RecordError::invalid("content.blocks", problem));
    }
    let checks = content.blocks.iter().enumerate();
    let wrong: Vec<_> =
        checks.filter_map(|(nth, block)| block.check(&format!("content.blocks.{nth}")).err()).collect();
    if wrong.is_empty() { Ok(content) } else { Err(RecordError::Invalid(wrong)) }
}

impl Learning {
    /// What is kept of a content, once it was looked at: its quizzes are ones of the school.
    pub(super) async fn checked_content(&self, who: &Member, content: &Json) -> Result<Json, RecordError> {
        let content = read(content)?;
        let mut quizzes = BTreeMap::new();
        for (nth, block) in content.blocks.iter().enumerate() {
            if let Block::Quiz { quiz } = block {
                quizzes.entry(*quiz).or_insert(nth);
            }
        }
        let mut wrong = Vec::new();
        for (quiz, nth) in quizzes {
            if self.store.quizzes().get(who.school, quiz).await?.is_none() {
                let field = format!("content.blocks.{nth}.quiz");
                wrong.push(FieldError::of(&field, "choose a quiz of the school's library"));
            }
        }
        if wrong.is_empty() {
            Ok(serde_json::to_value(&content).map_err(persistence::Unavailable::from)?)
        } else {
            Err(RecordError::Invalid(wrong))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(content: &Json) -> String {
        match read(content).unwrap_err() {
            RecordError::Invalid(fields) => fields[0].field.clone(),
            other => unreachable!("{other}"),
        }
    }

    #[test]
    fn a_link_leads_to_the_web() {
        for good in ["https://example.org", "HTTP://example.org/a?b#c"] {
            assert!(is_web(good), "{good}");
        }
        for bad in
            ["javascript:alert(1)", "https://", "//example.org", "", " https://a", "https://a b", "дата://"]
        {
            assert!(!is_web(bad), "{bad}");
        }
    }

    #[test]
    fn a_content_that_cannot_be_names_its_field() {
        let link = json!({"kind": "link", "url": "javascript:1", "label": ""});
        assert_eq!(field(&json!({"blocks": [{"kind": "text", "text": ""}, link]})), "content.blocks.1.url");
        assert_eq!(field(&json!({"blocks": [{"kind": "video"}]})), "content");
        assert_eq!(field(&json!({})), "content");
        let many = vec![json!({"kind": "text", "text": ""}); MAX_BLOCKS + 1];
        assert_eq!(field(&json!({"blocks": many})), "content.blocks");
        let long = "x".repeat(MAX_TEXT + 1);
        assert_eq!(field(&json!({"blocks": [{"kind": "text", "text": long}]})), "content.blocks.0.text");
    }
}
