-- Replays of the texts that failed with a certain error.
ALTER TABLE replay_runs ADD COLUMN error TEXT; -- words of the error of the last attempt, in any case
