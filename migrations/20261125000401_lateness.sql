-- What is fixed, counted or dated so that news that comes late or twice changes nothing.
ALTER TABLE texts ADD COLUMN target_sid TEXT;                 -- the text that a command is about, from its first claim on
ALTER TABLE texts ADD COLUMN look_due_at BIGINT;              -- a look at the timeline before this does not count
ALTER TABLE texts ADD COLUMN rounds BIGINT NOT NULL DEFAULT 0; -- how often its owner set it going again
ALTER TABLE lanes ADD COLUMN opted_at BIGINT NOT NULL DEFAULT 0; -- when it opted out or in, in microseconds
