//! The HTTP side, one file per noun. `router` shows all routes.

pub mod assets;
pub mod audit_log;
pub mod caller;
pub mod classes;
pub mod colleagues;
pub mod demo;
pub mod games;
pub mod health;
pub mod join;
pub mod me;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod quizzes;
pub mod reports;
pub mod security;
pub mod server_api;
pub mod server_info;
pub mod source;

pub use problem::Problem;
