//! Every route, and what every request passes through.

use crate::{
    compose::App,
    http::{
        academic_sessions, assets, assignments, audit_log, classes, colleagues, conversations, courses, demo,
        enrollments, games, gradebook, health, idempotency, join, lessons, me, messages, metrics, openapi,
        practice, problem, progress, quizzes, reports, roster_files, security,
        server_api::{batch, channels, nodes, publishing, users},
        server_info, skills,
        source::{Peer, Source, client_address},
        transcript, uninterrupted,
    },
    streams::{cors, emulation, http_stream, sse},
    ws::{self, Admission},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::Response,
    routing::{any, get, post, put},
};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};
use tower::ServiceExt as _;
use tower_http::{
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate as _, SizeAbove},
    },
    timeout::TimeoutLayer,
};
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is served before and after the server is put together.
pub fn starting(started: Arc<OnceLock<Router>>) -> Router {
    Router::new().fallback(move |request: Request| {
        let started = started.get().cloned();
        async move {
            match started {
                Some(router) => router.oneshot(request).await.unwrap_or_else(|never| match never {}),
                None => health::not_started(request).await,
            }
        }
    })
}

/// All routes over the parts of a running server.
pub fn router(app: &Arc<App>, admission: Arc<Admission>) -> Router {
    let api = Router::new()
        .route("/openapi.json", get(openapi::show))
        .route("/server", get(server_info::show))
        .route("/me", get(me::show))
        .route("/academic-sessions", get(academic_sessions::list).post(academic_sessions::create))
        .route("/academic-sessions/{id}", get(academic_sessions::show).put(academic_sessions::change))
        .route("/courses", get(courses::list).post(courses::create))
        .route("/courses/{id}", get(courses::show).put(courses::change))
        .route("/courses/{id}/lessons", get(lessons::list).post(lessons::create))
        .route("/courses/{id}/lessons/order", put(lessons::order))
        .route("/lessons/{id}", get(lessons::show).put(lessons::change))
        .route("/lessons/{id}/versions", get(lessons::versions))
        .route("/lessons/{id}/publish", post(lessons::publish))
        .route("/lessons/{id}/unpublish", post(lessons::unpublish))
        .route("/classes", get(classes::list).post(classes::create))
        .route("/classes/{id}", get(classes::show).put(classes::change))
        .route("/me/classes", get(classes::own))
        .route("/school/classes", get(classes::of_school))
        .route("/classes/{id}/enrollments", get(enrollments::list))
        .route("/classes/{id}/enrollments/{person}", put(enrollments::put).delete(enrollments::withdraw))
        .route("/colleagues", get(colleagues::list))
        .route("/audit-log", get(audit_log::list))
        .route("/quizzes", get(quizzes::list).post(quizzes::create))
        .route("/quizzes/import", post(quizzes::files::import))
        .route("/quizzes/{id}", get(quizzes::show).put(quizzes::replace).delete(quizzes::archive))
        .route("/quizzes/{id}/restore", post(quizzes::restore))
        .route("/quizzes/{id}/versions", get(quizzes::versions::list))
        .route("/quizzes/{id}/versions/{version}", get(quizzes::versions::show))
        .route("/quizzes/{id}/export", get(quizzes::files::export))
        .route("/games", get(games::list).post(games::create))
        .route("/games/{id}/report", get(reports::report))
        .route("/games/{id}/replay", get(reports::replay))
        .route(
            "/classes/{id}/enrollments/import",
            post(roster_files::import).layer(DefaultBodyLimit::max(roster_files::MOST_BYTES)),
        )
        .route("/classes/{id}/enrollments/export", get(roster_files::export))
        .route("/classes/{id}/gradebook", get(gradebook::show))
        .route("/classes/{id}/grading-policy", get(gradebook::policy::show).put(gradebook::policy::set))
        .route(
            "/classes/{id}/categories",
            get(gradebook::categories::list).post(gradebook::categories::create),
        )
        .route(
            "/classes/{id}/categories/{category}",
            get(gradebook::categories::show)
                .put(gradebook::categories::change)
                .delete(gradebook::categories::delete),
        )
        .route(
            "/classes/{id}/line-items",
            get(gradebook::line_items::list).post(gradebook::line_items::create),
        )
        .route(
            "/classes/{id}/line-items/{item}",
            get(gradebook::line_items::show)
                .put(gradebook::line_items::change)
                .delete(gradebook::line_items::delete),
        )
        .route("/classes/{id}/scores", post(gradebook::scores::enter))
        .route("/classes/{id}/scores/{item}/{student}", get(gradebook::scores::history))
        .route("/classes/{id}/grades/{student}", get(gradebook::grades::show))
        .route("/classes/{id}/grades/{student}/what-if", post(gradebook::grades::what_if))
        .route("/classes/{id}/assignments", get(assignments::list).post(assignments::create))
        .route("/assignments/{id}", get(assignments::show).put(assignments::change))
        .route(
            "/assignments/{id}/submissions",
            get(assignments::submissions::list).post(assignments::submissions::submit),
        )
        .route("/submissions/{id}", get(assignments::submissions::show))
        .route("/submissions/{id}/return", post(assignments::submissions::give_back))
        .route("/classes/{id}/progress", get(progress::of_class))
        .route("/me/progress", get(progress::list))
        .route("/me/progress/batch", post(progress::merge))
        .route("/me/progress/{id}", put(progress::put))
        .route("/me/transcript", get(transcript::own))
        .route("/people/{id}/transcript", get(transcript::of_person))
        .route("/transcript.css", get(transcript::style))
        .route("/skills", get(skills::list).post(skills::create))
        .route("/skills/{id}", get(skills::show).put(skills::replace))
        .route("/me/mastery", get(practice::mastery))
        .route("/me/next-item", get(practice::next_item))
        .route("/me/responses", post(practice::respond))
        .route("/me/reviews", get(practice::reviews))
        .route("/me/reviews/{id}", post(practice::review))
        .route("/classes/{id}/mastery", get(practice::class_mastery))
        .route("/conversations", get(conversations::list).post(conversations::open))
        .route("/conversations/unread", get(conversations::unread))
        .route("/conversations/{id}", get(conversations::show).put(conversations::change))
        .route("/conversations/{id}/people", get(conversations::people::list))
        .route(
            "/conversations/{id}/people/{person}",
            put(conversations::people::add).delete(conversations::people::remove),
        )
        .route("/conversations/{id}/read", put(conversations::reading::read))
        .route("/conversations/{id}/mute", put(conversations::reading::mute))
        .route("/conversations/{id}/search", get(conversations::search::search))
        .route("/conversations/{id}/messages", get(messages::list).post(messages::send))
        .route(
            "/conversations/{id}/messages/{seq}",
            get(messages::show).put(messages::edit).delete(messages::delete),
        )
        .route("/conversations/{id}/messages/{seq}/edits", get(messages::edits))
        .route("/conversations/{id}/messages/{seq}/readers", get(messages::readers))
        .route(
            "/conversations/{id}/messages/{seq}/reactions/{emoji}",
            put(messages::reactions::react).delete(messages::reactions::take_back),
        )
        .route(
            "/conversations/{id}/messages/{seq}/pin",
            put(messages::pins::pin).delete(messages::pins::unpin),
        )
        .route("/conversations/{id}/pins", get(messages::pins::list))
        .route("/classes/{id}/conversation", put(conversations::of_class))
        .route("/people/reachable", get(conversations::people::reachable))
        .route("/chat/policy", get(conversations::people::policy).put(conversations::people::set_policy))
        .route_layer(from_fn_with_state(Arc::clone(app), idempotency::replay))
        .route_layer(from_fn_with_state(Arc::clone(app), uninterrupted::carry_through))
        // Behind that layer: what is answered with a token is kept nowhere.
        .route("/demo/session", post(demo::sign_in))
        .route("/games/find", post(join::find))
        .route("/games/{id}/join", post(join::join))
        // Answers hold what belongs to one person at one moment.
        .layer(map_response(private))
        .layer(security::cors(&app.config));
    let request_timeout = TimeoutLayer::with_status_code(
        StatusCode::REQUEST_TIMEOUT,
        Duration::from_secs(app.config.http.request_timeout_s),
    );
    // Goes round what opens a connection, whatever carries it: commands and the questions of browsers open none.
    let admission = from_fn_with_state(admission, ws::admit);
    let sse = get(sse::open).post(sse::open_by_post).route_layer(admission.clone());
    let http_stream = post(http_stream::open).route_layer(admission.clone());
    let streams = Router::new()
        .route("/connection/http_stream", http_stream.options(http_stream::preflight))
        .route("/connection/sse", sse.options(sse::preflight))
        .route("/emulation", post(emulation::deliver).options(emulation::preflight))
        // The bodies of requests are messages, and late ones are refused; the bodies of answers have no end.
        .layer(DefaultBodyLimit::max(app.config.limits.message_bytes))
        .layer(request_timeout)
        .layer(from_fn_with_state(Arc::clone(&app.streams), cors::guard))
        .with_state(Arc::clone(&app.streams));

    // For servers, not for pages: other origins are not let in.
    let backend = Router::new()
        .route("/publish", post(publishing::publish))
        .route("/broadcast", post(publishing::broadcast))
        .route("/subscribe", post(users::subscribe))
        .route("/unsubscribe", post(users::unsubscribe))
        .route("/disconnect", post(users::disconnect))
        .route("/refresh", post(users::refresh))
        .route("/presence", post(channels::presence))
        .route("/presence_stats", post(channels::presence_stats))
        .route("/history", post(channels::history))
        .route("/history_remove", post(channels::history_remove))
        .route("/channels", post(channels::channels))
        .route("/info", post(nodes::info))
        .route("/rpc", post(nodes::rpc))
        .route("/batch", post(batch::batch))
        .layer(map_response(private));

    let sockets = get(ws::upgrade).route_layer(admission).with_state(Arc::clone(&app.sockets));

    Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(metrics::metrics))
        .nest("/api/v1", api)
        .nest("/api", backend)
        .route("/api/{*rest}", any(problem::no_such_route))
        .fallback(assets::serve)
        // From here on from the inside out: what is last sees a request first.
        .layer(DefaultBodyLimit::max(app.config.http.body_bytes))
        .layer(request_timeout)
        .layer(map_response(problem::shape))
        .layer(CompressionLayer::new().gzip(true).compress_when(
            // Below a packet there is nothing to win; pictures and fonts are compressed as they are.
            SizeAbove::new(1_400).and(NotForContentType::IMAGES).and(NotForContentType::const_new("font/")),
        ))
        .with_state(Arc::clone(app))
        // Behind these layers: sockets and streams have their own refusals and nothing to compress.
        .merge(streams)
        .route("/connection/websocket", sockets)
        .layer(from_fn(security::headers))
        .layer(from_fn(observe))
        .layer(from_fn_with_state(Arc::clone(app), locate))
}

/// Finds out where a request comes from.
async fn locate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    // Without a socket, as in tests of the router alone, everybody is on this machine.
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0);
    let source = Source(client_address(&app.config, peer, request.headers()));
    request.extensions_mut().insert(source);
    next.run(request).await
}

/// Names, counts and logs a request. Addresses are logged as routes, never with what a client put into them.
async fn observe(mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = uuid::Uuid::now_v7().to_string();
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    if let Ok(value) = HeaderValue::from_str(&id) {
        // Also into the request: one that a client invented would mislead those who read the log.
        request.headers_mut().insert(REQUEST_ID, value);
    }
    let span = tracing::info_span!("request", id);
    let mut response = next.run(request).instrument(span).await;
    let status = response.status();
    let took = began.elapsed();
    let labels =
        [("method", method.to_owned()), ("route", route.clone()), ("status", status.as_u16().to_string())];
    ::metrics::counter!("schoolbell_http_requests_total", &labels).increment(1);
    ::metrics::histogram!("schoolbell_http_request_seconds", "route" => route.clone())
        .record(took.as_secs_f64());
    let took_ms = took.as_secs_f64() * 1_000.0;
    let passes = response.headers().contains_key(header::RETRY_AFTER);
    let status = status.as_u16();
    // What passes by itself was told by whoever refused it: one line for each client of a storm would be a storm, too.
    // A node that is not ready says so twice a second, to whoever asks.
    if status >= 500 && !passes && route != "/ready" {
        tracing::error!(%id, method, route, status, took_ms, "request failed");
    } else {
        tracing::debug!(%id, method, route, status, took_ms, "request answered");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Methods as labels: one that a client invents must not become a series of its own.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

async fn private(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}
