-- When X said that a pause would end; NULL when X did not say so, and `until` is a guess of ours.
ALTER TABLE pauses ADD COLUMN promised_until BIGINT;
-- When the last failure was counted. A call that began before that was under way at the time: it tells
-- nothing new.
ALTER TABLE pauses ADD COLUMN counted_at BIGINT NOT NULL DEFAULT 0;
