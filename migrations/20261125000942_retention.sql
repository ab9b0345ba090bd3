-- Retention: what was removed because of its age, and the ways to find what is old.

-- A text that was texted before this moment may have been removed, so one that Twilio's list still has is not
-- taken for missed.
CREATE TABLE removals (
    id              BIGINT NOT NULL PRIMARY KEY,  -- 1: there is one row
    removed_before  BIGINT NOT NULL               -- it only grows; 0: nothing was removed
);
INSERT INTO removals (id, removed_before) VALUES (1, 0);

CREATE INDEX replies_created ON replies (created_at);
CREATE INDEX deliveries_updated ON deliveries (updated_at);
