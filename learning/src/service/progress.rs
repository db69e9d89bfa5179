//! How far people came in lessons: everybody the own progress, and those who run a class that of its students.

use super::{Audience, FieldError, Learning, Member, Note, RecordError, Resource};
use persistence::gradebook::GradedStudent;
use persistence::lessons::{LessonSummary, LessonView};
use persistence::progress::{
    Fraction, MAX_OPS, MergeProgressError, OpVerdict, Progress, ProgressOp, ProgressPut, ProgressState,
    PutProgressError,
};
use persistence::{Cursor, Page};
use protocol::ids::{ClassId, CourseId, LessonId, PersonId};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How far the students of a class came in its course.
#[derive(Clone, Debug)]
pub struct ClassProgressView {
    /// The lessons that students see, in their order; empty if the class takes no course.
    pub lessons: Vec<LessonSummary>,
    /// By name, those who left included; with what they have begun of these lessons.
    pub students: Vec<(GradedStudent, HashMap<LessonId, Progress>)>,
}

impl Learning {
    /// The caller's progress in the lessons of a course, in their order.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn own_progress_in(
        &self,
        who: &Member,
        course: CourseId,
    ) -> Result<Vec<Progress>, RecordError> {
        Ok(self.store.progress().of_course(who.school, who.person, course).await?)
    }

    /// The caller's progress anywhere, the last change first; `limit` lessons behind `after`.
    ///
    /// # Errors
    /// [`RecordError::Unavailable`]
    pub async fn own_progress(
        &self,
        who: &Member,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<Progress>, RecordError> {
        Ok(self.store.progress().of_person(who.school, who.person, after, limit).await?)
    }

    /// Keeps how far the caller came in a lesson, if `expected` is the version that is kept; 0 for none.
    ///
    /// # Errors
    /// [`RecordError::NotFound`] for lessons that the caller does not see; [`RecordError::Conflict`];
    /// [`RecordError::Invalid`]
    pub async fn put_progress(
        &self,
        who: &Member,
        lesson: LessonId,
        expected: u32,
        state: ProgressState,
        fraction_ppm: u32,
    ) -> Result<Progress, RecordError> {
        let fraction = Fraction::from_ppm(fraction_ppm)
            .ok_or_else(|| RecordError::invalid("fraction_ppm", "give 0 to 1,000,000 parts in a million"))?;
        if !self.visible(who, [lesson]).await?.contains(&lesson) {
            return Err(RecordError::NotFound);
        }
        let put = ProgressPut { lesson, expected, state, fraction };
        match self.store.progress().put(who.school, who.person, &put, self.now()).await {
            Ok(_) => {}
            Err(PutProgressError::Conflict { current }) => return Err(RecordError::Conflict { current }),
            Err(PutProgressError::UnknownPersonOrLesson) => return Err(RecordError::NotFound),
            Err(PutProgressError::Unavailable(error)) => return Err(error.into()),
        }
        let kept = self.store.progress().get(who.school, who.person, lesson).await?;
        let progress = kept.ok_or(RecordError::NotFound)?;
        self.tell_progress(who, &[progress]).await?;
        Ok(progress)
    }

    /// Merges what the caller did while offline, and says of each operation what it came to and how far its lesson is now.
    ///
    /// # Errors
    /// [`RecordError::Invalid`] for too many operations.
    pub async fn merge_progress(
        &self,
        who: &Member,
        ops: &[ProgressOp],
    ) -> Result<Vec<(OpVerdict, Option<Progress>)>, RecordError> {
        if ops.len() > MAX_OPS {
            let problem = format!("send at most {MAX_OPS} operations at once, and the others afterwards");
            return Err(RecordError::invalid("ops", problem));
        }
        let visible = self.visible(who, ops.iter().map(|op| op.lesson)).await?;
        let now = self.now();
        // A clock that is fast must not outlive a reset that comes later.
        let taken = ops.iter().filter(|op| visible.contains(&op.lesson));
        let taken: Vec<_> =
            taken.map(|op| ProgressOp { occurred_at: op.occurred_at.min(now), ..*op }).collect();
        let verdicts = match self.store.progress().merge(who.school, who.person, &taken, now).await {
            Ok(verdicts) => verdicts,
            Err(MergeProgressError::UnknownPerson) => return Err(RecordError::NotAllowed),
            Err(error @ MergeProgressError::TooMany { .. }) => {
                return Err(RecordError::Invalid(vec![FieldError::of("ops", error.to_string())]));
            }
            Err(MergeProgressError::Unavailable(error)) => return Err(error.into()),
        };
        let mut kept = HashMap::new();
        for lesson in taken.iter().map(|op| op.lesson).collect::<BTreeSet<_>>() {
            if let Some(progress) = self.store.progress().get(who.school, who.person, lesson).await? {
                kept.insert(lesson, progress);
            }
        }
        let accepted = taken.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == OpVerdict::Accepted);
        let accepted: BTreeSet<_> = accepted.map(|(op, _)| op.lesson).collect();
        let changed: Vec<_> = accepted.iter().filter_map(|lesson| kept.get(lesson).copied()).collect();
        self.tell_progress(who, &changed).await?;
        let mut verdicts = verdicts.into_iter();
        let told = ops.iter().map(|op| {
            if !visible.contains(&op.lesson) {
                return (OpVerdict::UnknownLesson, None);
            }
            (verdicts.next().unwrap_or(OpVerdict::UnknownLesson), kept.get(&op.lesson).copied())
        });
        Ok(told.collect())
    }

    /// How far the students of a class came.
    ///
    /// # Errors
    /// As [`Self::run_class`].
    pub async fn class_progress(
        &self,
        who: &Member,
        class: ClassId,
    ) -> Result<ClassProgressView, RecordError> {
        let view = self.run_class(who, class).await?;
        let lessons = match view.class.content.course {
            Some(course) => self.store.lessons().of_course(who.school, course, LessonView::Published).await?,
            None => Vec::new(),
        };
        let shown: HashSet<_> = lessons.iter().map(|lesson| lesson.id).collect();
        let mut by_student: HashMap<PersonId, HashMap<LessonId, Progress>> = HashMap::new();
        for row in self.store.progress().of_class(who.school, class).await? {
            if shown.contains(&row.progress.lesson) {
                by_student.entry(row.student).or_default().insert(row.progress.lesson, row.progress);
            }
        }
        let students = self.store.gradebooks().students(who.school, class).await?.into_iter();
        let with_progress = |student: GradedStudent| {
            let progress = by_student.remove(&student.id).unwrap_or_default();
            (student, progress)
        };
        Ok(ClassProgressView { lessons, students: students.map(with_progress).collect() })
    }

    /// Which of the lessons the caller sees: all that exist for staff, else the published ones of the own courses.
    async fn visible(
        &self,
        who: &Member,
        lessons: impl IntoIterator<Item = LessonId>,
    ) -> Result<HashSet<LessonId>, RecordError> {
        if who.is_staff() {
            // Those that do not exist are found out where progress is kept.
            return Ok(lessons.into_iter().collect());
        }
        Ok(self.store.progress().visible_lessons(who.school, who.person, lessons).await?)
    }

    /// Tells the person's other devices, and those who run the classes in which the person takes the course.
    async fn tell_progress(&self, who: &Member, changed: &[Progress]) -> Result<(), RecordError> {
        if changed.is_empty() {
            return Ok(());
        }
        for progress in changed {
            let note = Note::of(Resource::Progress, progress.lesson.0).at(progress.version);
            self.tell(who.school, &[Audience::Person(who.person)], &note).await;
        }
        let courses: HashSet<_> = changed.iter().map(|progress| progress.course).collect();
        for class in self.store.gradebooks().classes_of_student(who.school, who.person).await? {
            if class.course.is_some_and(|course| courses.contains(&course.id)) {
                let note = Note::of(Resource::Progress, who.person.0).in_class(class.class);
                self.tell(who.school, &[Audience::Staff(class.class)], &note).await;
            }
        }
        Ok(())
    }
}
