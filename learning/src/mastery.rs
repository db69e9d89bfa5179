//! What a student is likely to know, and when to see it again.
