//! By which rules a class is graded.

use super::setup;
use crate::grades::{Gradebook, Policy, Setup};
use crate::service::{FieldError, Learning, Member, RecordError};
use persistence::gradebook::SetPolicyError;
use protocol::ids::ClassId;
use serde_json::Value as Json;

/// What a policy may say. A rule that is not known is refused: a misspelled one must not make another grade in silence.
const FIELDS: [&str; 5] = ["version", "rules", "letters", "periods", "only_period"];

impl Learning {
    /// The policy of a class; version 0 is that of a class that has set none.
    ///
    /// # Errors
    /// As [`Self::see_class`]; [`RecordError::Refused`] if it cannot be read.
    pub async fn grading_policy(&self, who: &Member, class: ClassId) -> Result<Policy, RecordError> {
        self.see_class(who, class).await?;
        let kept = self.store.gradebooks().policy(who.school, class, None).await?;
        setup::policy_of(kept.as_ref())
    }

    /// Makes the next version of a class's policy, if `expected` is still the newest one.
    ///
    /// # Errors
    /// As [`Self::run_class`]; [`RecordError::Conflict`]; [`RecordError::Invalid`] for rules by which the class cannot be
    /// graded.
    pub async fn set_grading_policy(
        &self,
        who: &Member,
        class: ClassId,
        expected: u32,
        policy: &Json,
    ) -> Result<Policy, RecordError> {
        self.run_class(who, class).await?;
        let policy = read(policy)?;
        let books = self.store.gradebooks().by(who.person);
        let ids: Vec<_> = policy.periods.periods.iter().map(|period| period.id).collect();
        if !ids.is_empty() {
            let lost = |item: &persistence::gradebook::LineItem| {
                item.content.period.is_some_and(|period| !ids.contains(&period))
            };
            if let Some(item) = books.line_items(who.school, class).await?.iter().find(|item| lost(item)) {
                let problem = format!(
                    "keep the grading period of line item {}, or put that line item into another one first",
                    item.id
                );
                return Err(RecordError::invalid("periods", problem));
            }
        }
        let json = serde_json::to_value(&policy).map_err(persistence::Unavailable::from)?;
        match books.set_policy(who.school, class, expected, &json, self.now()).await {
            Ok(version) => {
                self.tell_gradebook(who.school, class, true).await;
                Ok(Policy { version, ..policy })
            }
            Err(SetPolicyError::Conflict { current }) => Err(RecordError::Conflict { current }),
            Err(SetPolicyError::UnknownClass) => Err(RecordError::NotFound),
            Err(SetPolicyError::Unavailable(error)) => Err(error.into()),
        }
    }
}

fn read(json: &Json) -> Result<Policy, RecordError> {
    let Some(fields) = json.as_object() else {
        return Err(RecordError::invalid("rules", "send the policy as an object"));
    };
    let unknown = fields.keys().filter(|field| !FIELDS.contains(&field.as_str()));
    let unknown: Vec<_> =
        unknown.map(|field| FieldError::of(field, "leave it out; a policy has no such field")).collect();
    if !unknown.is_empty() {
        return Err(RecordError::Invalid(unknown));
    }
    // Field by field, so that the one that is wrong can be named.
    let mut policy = Policy::default();
    let mut wrong = Vec::new();
    let mut take = |field: &str, into: &mut dyn FnMut(Json) -> Result<(), serde_json::Error>| {
        if let Some(value) = fields.get(field)
            && let Err(error) = into(value.clone())
        {
            wrong.push(FieldError::of(field, format!("mend it: {error}")));
        }
    };
    take("rules", &mut |json| serde_json::from_value(json).map(|rules| policy.rules = rules));
    take("letters", &mut |json| serde_json::from_value(json).map(|letters| policy.letters = letters));
    take("periods", &mut |json| serde_json::from_value(json).map(|periods| policy.periods = periods));
    take("only_period", &mut |json| serde_json::from_value(json).map(|only| policy.only_period = only));
    if !wrong.is_empty() {
        return Err(RecordError::Invalid(wrong));
    }
    let setup = Setup { policy: policy.clone(), ..Setup::default() };
    match Gradebook::open(setup, Vec::new(), &[]) {
        Ok(_) => Ok(policy),
        Err(error) => {
            let field = error.field();
            Err(RecordError::invalid(field.strip_prefix("policy.").unwrap_or(field), error.to_string()))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrong(policy: &Json) -> String {
        match read(policy).unwrap_err() {
            RecordError::Invalid(errors) => errors[0].field.clone(),
            other => other.to_string(),
        }
    }

    #[test]
    fn a_policy_that_cannot_be_followed_is_refused_by_field() {
        let period = |weight: i64, ends: i64| {
            json!({"weighted": true, "periods": [
            {"id": "0198a000-0000-7000-8000-000000000000", "weight_ppm": weight, "starts_at": 5, "ends_at": ends}]})
        };
        let cases = [
            (json!([]), "rules"),
            (json!({"ruls": {"engine": "moodle"}}), "ruls"),
            (json!({"rules": {"engine": "abacus"}}), "rules"),
            (json!({"letters": [{"letter": "A", "from_percent": 90.0}]}), "letters"),
            (json!({"periods": period(-1, 9)}), "periods.weight_ppm"),
            (json!({"periods": period(1, 4)}), "periods.ends_at"),
            (json!({"periods": period(0, 9)}), "periods.weight_ppm"),
            (json!({"only_period": "0198a000-0000-7000-8000-000000000001"}), "only_period"),
        ];
        for (policy, field) in cases {
            assert_eq!(wrong(&policy), field, "{policy}");
        }
        assert_eq!(read(&json!({})).unwrap(), Policy::default());
    }
}
