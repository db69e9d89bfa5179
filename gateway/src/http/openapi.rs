//! The API's description.

use super::{
    academic_sessions, assignments, audit_log, classes, colleagues, conversations, courses, demo,
    enrollments, games, gradebook, health, join, lessons, me, messages, metrics, practice, progress, quizzes,
    reports, roster_files,
    server_api::{batch, channels, nodes, publishing, users},
    server_info, skills, transcript,
};
use axum::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Schoolbell",
        description = "The HTTP side of Schoolbell. Live traffic goes over the WebSocket at /connection/websocket, described in docs/PROTOCOL.md. Errors are problem+json with a stable `code`.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    paths(
        server_info::show,
        demo::sign_in,
        me::show,
        academic_sessions::list,
        academic_sessions::create,
        academic_sessions::show,
        academic_sessions::change,
        courses::list,
        courses::create,
        courses::show,
        courses::change,
        lessons::list,
        lessons::create,
        lessons::order,
        lessons::show,
        lessons::change,
        lessons::versions,
        lessons::publish,
        lessons::unpublish,
        classes::list,
        classes::create,
        classes::show,
        classes::change,
        classes::own,
        classes::of_school,
        enrollments::list,
        enrollments::put,
        enrollments::withdraw,
        colleagues::list,
        audit_log::list,
        quizzes::list,
        quizzes::create,
        quizzes::files::import,
        quizzes::show,
        quizzes::replace,
        quizzes::archive,
        quizzes::restore,
        quizzes::versions::list,
        quizzes::versions::show,
        quizzes::files::export,
        games::list,
        games::create,
        join::find,
        join::join,
        reports::report,
        reports::replay,
        roster_files::import,
        roster_files::export,
        gradebook::show,
        gradebook::policy::show,
        gradebook::policy::set,
        gradebook::categories::list,
        gradebook::categories::create,
        gradebook::categories::show,
        gradebook::categories::change,
        gradebook::categories::delete,
        gradebook::line_items::list,
        gradebook::line_items::create,
        gradebook::line_items::show,
        gradebook::line_items::change,
        gradebook::line_items::delete,
        gradebook::scores::enter,
        gradebook::scores::history,
        gradebook::grades::show,
        gradebook::grades::what_if,
        assignments::list,
        assignments::create,
        assignments::show,
        assignments::change,
        assignments::submissions::list,
        assignments::submissions::submit,
        assignments::submissions::show,
        assignments::submissions::give_back,
        progress::list,
        progress::put,
        progress::merge,
        progress::of_class,
        transcript::own,
        transcript::of_person,
        skills::list,
        skills::create,
        skills::show,
        skills::replace,
        practice::mastery,
        practice::next_item,
        practice::respond,
        practice::reviews,
        practice::review,
        practice::class_mastery,
        conversations::list,
        conversations::open,
        conversations::unread,
        conversations::show,
        conversations::change,
        conversations::of_class,
        conversations::people::list,
        conversations::people::add,
        conversations::people::remove,
        conversations::people::reachable,
        conversations::people::policy,
        conversations::people::set_policy,
        conversations::reading::read,
        conversations::reading::mute,
        conversations::search::search,
        messages::list,
        messages::send,
        messages::show,
        messages::edit,
        messages::delete,
        messages::edits,
        messages::readers,
        messages::pins::list,
        messages::pins::pin,
        messages::pins::unpin,
        messages::reactions::react,
        messages::reactions::take_back,
        publishing::publish,
        publishing::broadcast,
        users::subscribe,
        users::unsubscribe,
        users::disconnect,
        users::refresh,
        channels::presence,
        channels::presence_stats,
        channels::history,
        channels::history_remove,
        channels::channels,
        nodes::info,
        nodes::rpc,
        batch::batch,
        health::health,
        health::ready,
        metrics::metrics,
    ),
    modifiers(&Token),
    tags(
        (name = "server", description = "What this server is"),
        (name = "people", description = "Who is who"),
        (name = "quizzes", description = "The library of a school"),
        (name = "games", description = "Playing and looking back"),
        (name = "courses", description = "What is taught, and when"),
        (name = "classes", description = "Classes and who is in them"),
        (name = "grades", description = "Gradebooks and transcripts"),
        (name = "assignments", description = "Work that is given, handed in and given back"),
        (name = "progress", description = "How far people came in lessons"),
        (name = "practice", description = "Skills, mastery, reviews and what to ask next"),
        (name = "chat", description = "Conversations of two people, of groups and of classes"),
        (name = "Server API", description = "For the platform's backend, with a key that carries the school. Answers 200 with `result` or a numbered `error`"),
        (name = "operations", description = "For those who run the server"),
    ),
)]
struct Api;

struct Token;

impl Modify for Token {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.bearer_format = Some("JWT".to_owned());
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
        let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(key));
    }
}

/// The description as a document.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// The description of this API.
pub async fn show() -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
