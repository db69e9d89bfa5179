-- On Postgres, what was learned from goes by months. Here what is old is deleted, and found by this.
CREATE INDEX review_log_time ON review_log (occurred_us);
