-- A journal has a random name of its own, its life, so that what is known of one is never taken for what is known of another:
-- a file that was made anew, or a database that was moved to another journal. Checkpoints carry it.
ALTER TABLE journal_head ADD COLUMN life BLOB;
UPDATE journal_head SET life = randomblob(16);
DELETE FROM wb_checkpoint;
