//! The HTTP side, one file per noun. `router` shows all routes.

pub mod assets;
pub mod assignments;
pub mod audit_log;
pub mod caller;
pub mod classes;
pub mod colleagues;
pub mod demo;
pub mod games;
pub mod gradebook;
pub mod health;
pub mod idempotency;
pub mod join;
pub mod me;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod practice;
pub mod problem;
pub mod progress;
pub mod quizzes;
pub mod records;
pub mod refusals;
pub mod reports;
pub mod roster_files;
pub mod security;
pub mod server_api;
pub mod server_info;
pub mod skills;
pub mod source;
pub mod transcript;
pub mod versions;

pub use problem::Problem;
