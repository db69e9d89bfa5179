#![expect(clippy::unwrap_used, reason = "tests")]

mod as_of;
mod canvas;
mod canvas_drops;
mod class;
mod invalid;
mod moodle;
mod natural;
mod periods;
mod properties;
mod speed;
mod traces;
mod what_if;
