//! The grade engine.
