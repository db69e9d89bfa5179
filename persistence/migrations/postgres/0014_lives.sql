-- Checkpoints are of one life of a journal from here on; those without one are nobody's.
DELETE FROM wb_checkpoint;
