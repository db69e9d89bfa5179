//! Who is told that a record changed: a thin note, after which whoever gets it reads the record again, as far as they may.

use super::{CLASS_NAMESPACE, Learning, STAFF_NAMESPACE, watch::class_channel};
use persistence::Unavailable;
use protocol::{
    Channel, Payload, Unsubscribed,
    ids::{ClassId, CourseId, PersonId, SchoolId, UserId},
};
use realtime::{
    ChannelKey, PublishOptions,
    broker::{BrokerError, Draft},
};
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

/// Between two tries to get a note out, and how many there are: whoever made the change waits for them.
const AGAIN: Duration = Duration::from_millis(100);
const TRIES: u32 = 3;

/// Classes of a course that are read at once.
const CLASSES_AT_ONCE: u32 = 100;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// A year, term or grading period.
    AcademicSession,
    /// An assignment.
    Assignment,
    /// What a class is called and takes.
    Class,
    /// A course, or the order of its lessons.
    Course,
    /// Somebody's place in a class, or the whole roster.
    Enrollment,
    /// The columns, categories or policy of a gradebook, or more scores than a note each.
    Gradebook,
    /// A lesson.
    Lesson,
    /// What somebody has mastered.
    Mastery,
    /// How far somebody came.
    Progress,
    /// A review card.
    Review,
    /// A score.
    Score,
    /// A skill.
    Skill,
    /// Something handed in.
    Submission,
}

/// What is said of a change: never what the record holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    #[serde(rename = "type")]
    kind: &'static str,
    resource: Resource,
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<ClassId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
}

impl Note {
    /// About a record.
    #[must_use]
    pub fn of(resource: Resource, id: Uuid) -> Self {
        Self { kind: "record", resource, id, class: None, version: None }
    }

    /// In a class.
    #[must_use]
    pub fn in_class(mut self, class: ClassId) -> Self {
        self.class = Some(class);
        self
    }

    /// At a version.
    #[must_use]
    pub fn at(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody in a class.
    Class(ClassId),
    /// Those who run it.
    Staff(ClassId),
    /// One person, on all devices.
    Person(PersonId),
}

impl Learning {
    /// Tells of a change that is kept. What cannot be told after a few tries is left: the record is what counts, and whoever
    /// comes back reads it.
    pub async fn tell(&self, school: SchoolId, audiences: &[Audience], note: &Note) {
        self.try_to_tell(school, audiences, note).await;
    }

    /// As [`Self::tell`]; returns whether all were told.
    async fn try_to_tell(&self, school: SchoolId, audiences: &[Audience], note: &Note) -> bool {
        let (data, mut all) = (Payload::of(note), true);
        for audience in audiences {
            let mut told = self.tell_one(school, *audience, data.clone()).await;
            for _ in 1..TRIES {
                if told.is_ok() {
                    break;
                }
                tokio::time::sleep(AGAIN).await;
                told = self.tell_one(school, *audience, data.clone()).await;
            }
            if let Err(error) = told {
                tracing::warn!(%school, resource = ?note.resource, %error, "a change of a record is not told");
                all = false;
            }
        }
        all
    }

    /// The same to the classes that take a course: to their students, too, if `students`. Once a class could not be told, the
    /// others are left: they would fail alike, one after the other, while whoever made the change waits.
    ///
    /// # Errors
    /// [`Unavailable`] when the classes cannot be listed.
    pub async fn tell_classes_of(
        &self,
        school: SchoolId,
        course: CourseId,
        students: bool,
        note: &Note,
    ) -> Result<(), Unavailable> {
        let mut after = None;
        loop {
            let page = self.store.classes().list(school, Some(course), after, CLASSES_AT_ONCE).await?;
            for class in page.items {
                let staff = Audience::Staff(class.id);
                let all = [staff, Audience::Class(class.id)];
                let audiences = if students { &all[..] } else { &all[..1] };
                if !self.try_to_tell(school, audiences, &note.clone().in_class(class.id)).await {
                    return Ok(());
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Ends a person's subscriptions to the channels of a class: to all of them, or to that of its staff. With its own channel
    /// go those that other features have for all of the class.
    pub async fn dismiss(&self, school: SchoolId, class: ClassId, person: PersonId, from: &[&str]) {
        let mut channels: Vec<Channel> =
            from.iter().map(|namespace| class_channel(namespace, class)).collect();
        if from.contains(&CLASS_NAMESPACE) {
            channels.extend((self.beside)(school, class));
        }
        let user = UserId::person(person);
        for channel in channels {
            let mut told = self.node.unsubscribe_user(school, &user, &channel, Unsubscribed::SERVER).await;
            for _ in 1..TRIES {
                if told.is_ok() {
                    break;
                }
                tokio::time::sleep(AGAIN).await;
                told = self.node.unsubscribe_user(school, &user, &channel, Unsubscribed::SERVER).await;
            }
            if let Err(error) = told {
                tracing::warn!(%class, %error, "somebody who left a class may still be told of it");
            }
        }
    }

    async fn tell_one(&self, school: SchoolId, audience: Audience, data: Payload) -> Result<(), BrokerError> {
        let options = PublishOptions::default();
        let (namespace, class) = match audience {
            Audience::Class(class) => (CLASS_NAMESPACE, class),
            Audience::Staff(class) => (STAFF_NAMESPACE, class),
            Audience::Person(person) => {
                return self.node.publish_to_user(school, &UserId::person(person), data, options).await;
            }
        };
        let key = ChannelKey::new(school, class_channel(namespace, class));
        self.node.publish(&key, Draft::new(data), options).await?;
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_note_names_the_record_and_holds_nothing_of_it() {
        let (id, class) = (Uuid::nil(), ClassId(Uuid::max()));
        let note = Note::of(Resource::AcademicSession, id).in_class(class).at(3);
        let json = serde_json::to_value(&note).unwrap();
        let wanted = serde_json::json!({"type": "record", "resource": "academic_session", "id": id, "class": class,
            "version": 3});
        assert_eq!(json, wanted);
        let plain = serde_json::to_value(Note::of(Resource::Score, id)).unwrap();
        assert_eq!(plain, serde_json::json!({"type": "record", "resource": "score", "id": id}));
    }
}
