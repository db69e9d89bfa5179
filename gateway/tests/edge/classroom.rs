//! A school with a class, its people, and what a teacher does there.

use crate::harness::{Server, json_of};
use gateway::auth::Subject;
use persistence::{Micros, classes::ClassContent, people::Person};
use protocol::{
    ids::{ClassId, CourseId, LessonId, PersonId, SchoolId},
    role::Role,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// Somebody with a token.
pub struct Somebody {
    pub id: PersonId,
    pub token: String,
}

/// A class with a teacher and two students, and people around it.
pub struct Classroom {
    pub server: Server,
    pub school: SchoolId,
    pub class: ClassId,
    pub course: CourseId,
    pub lessons: Vec<LessonId>,
    pub teacher: Somebody,
    pub ada: Somebody,
    pub ben: Somebody,
    /// Of the school, in none of its classes.
    pub colleague: Somebody,
    pub outsider: Somebody,
    pub admin: Somebody,
}

impl Classroom {
    /// In a file of SQLite.
    pub async fn new() -> Self {
        Self::on(Server::start(false, |_| {}).await).await
    }

    /// In a folder that outlives the server.
    pub async fn in_folder(folder: &std::path::Path) -> Self {
        Self::on(Server::start(false, |config| config.data_dir = folder.to_owned()).await).await
    }

    /// On the Postgres of this process.
    #[cfg(unix)]
    pub async fn on_postgres() -> Self {
        Self::on(Server::on_postgres().await).await
    }

    /// On a server of the caller's.
    pub async fn on(server: Server) -> Self {
        let (school, class, course) = (SchoolId::generate(), ClassId::generate(), CourseId::generate());
        let store = &server.app.store;
        store.schools().ensure(school, "Hillside").await.unwrap();
        store.courses().create(school, course, "Geography", Micros(1)).await.unwrap();
        let mut lessons = Vec::new();
        for title in ["Rivers", "Lakes", "Draft"] {
            let id = LessonId::generate();
            let content = json!({"blocks": []});
            store.lessons().create(school, course, id, title, &content, Micros(1)).await.unwrap();
            if title != "Draft" {
                store.lessons().publish(school, id, Some(1)).await.unwrap();
            }
            lessons.push(id);
        }
        let content = ClassContent { title: "5a".to_owned(), course: Some(course), session: None };
        store.classes().create(school, class, &content, Micros(1)).await.unwrap();
        let teacher = somebody(&server, school, Role::Teacher, "Tess").await;
        let [ada, ben] = [
            somebody(&server, school, Role::Student, "Ada").await,
            somebody(&server, school, Role::Student, "Ben").await,
        ];
        let colleague = somebody(&server, school, Role::Teacher, "Carl").await;
        let outsider = somebody(&server, school, Role::Student, "Olga").await;
        let admin = somebody(&server, school, Role::SchoolAdmin, "Anna").await;
        for (person, role) in [(&teacher, Role::Teacher), (&ada, Role::Student), (&ben, Role::Student)] {
            store.classes().enroll(school, class, person.id, role, 1.0).await.unwrap();
        }
        Self { school, class, course, lessons, teacher, ada, ben, colleague, outsider, admin, server }
    }

    /// An address of the class.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/classes/{}/{rest}", self.class)
    }

    pub fn get(&self, who: &Somebody, path: &str) -> RequestBuilder {
        self.server.get(path).bearer_auth(&who.token)
    }

    pub fn post(&self, who: &Somebody, path: &str, body: &Value) -> RequestBuilder {
        self.server.post(path, body).bearer_auth(&who.token)
    }

    pub fn put(&self, who: &Somebody, path: &str, version: u32, body: &Value) -> RequestBuilder {
        let request = self.server.request(Method::PUT, path).bearer_auth(&who.token).json(body);
        request.header("if-match", format!("\"{version}\""))
    }

    pub fn delete(&self, who: &Somebody, path: &str, version: u32) -> RequestBuilder {
        let request = self.server.request(Method::DELETE, path).bearer_auth(&who.token);
        request.header("if-match", format!("\"{version}\""))
    }

    /// A category of the class, by its id.
    pub async fn category(&self, title: &str, weight_ppm: Option<i64>, rules: Value) -> String {
        let body = json!({"title": title, "weight_ppm": weight_ppm, "rules": rules});
        id(&json_of(self.post(&self.teacher, &self.path("categories"), &body), 201).await)
    }

    /// A line item, by its id.
    pub async fn line_item(&self, title: &str, points: f64, with: Value) -> String {
        let mut body = json!({"title": title, "points_possible": points});
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        id(&json_of(self.post(&self.teacher, &self.path("line-items"), &body), 201).await)
    }

    /// Enters scores: line item, student, points.
    pub async fn enter(&self, scores: &[(&str, PersonId, Option<f64>)]) -> Value {
        let scores: Vec<Value> = scores
            .iter()
            .map(|(item, student, given)| json!({"line_item": item, "student": student, "given": given}))
            .collect();
        let body = json!({"scores": scores});
        json_of(self.post(&self.teacher, &self.path("scores"), &body), 200).await
    }

    /// The grade of a student, as somebody sees it.
    pub async fn grade(&self, who: &Somebody, student: &Somebody) -> Value {
        json_of(self.get(who, &self.path(&format!("grades/{}", student.id))), 200).await
    }
}

pub fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

pub async fn somebody(server: &Server, school: SchoolId, role: Role, name: &str) -> Somebody {
    let id = PersonId::generate();
    let person = Person { school, id, role, name: name.to_owned(), email: String::new() };
    server.app.store.schools().ensure(school, "").await.unwrap();
    server.app.store.people().upsert(&person).await.unwrap();
    let subject = Subject { person: id, school, role, name: Some(name.to_owned()), email: None };
    let now = server.app.node.clock.now_ms() / 1_000;
    Somebody { id, token: server.app.minter.person(subject, now, 600) }
}
