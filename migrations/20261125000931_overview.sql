-- What a worker is, and what it last saw of X and Twilio: written with its heartbeat.
ALTER TABLE worker_processes ADD COLUMN version TEXT NOT NULL DEFAULT '';  -- empty: a program from before this
ALTER TABLE worker_processes ADD COLUMN x_ok_at BIGINT;
ALTER TABLE worker_processes ADD COLUMN x_failed_at BIGINT;
ALTER TABLE worker_processes ADD COLUMN x_failure TEXT;                    -- the class that the metrics use
ALTER TABLE worker_processes ADD COLUMN twilio_ok_at BIGINT;
ALTER TABLE worker_processes ADD COLUMN twilio_failed_at BIGINT;
ALTER TABLE worker_processes ADD COLUMN twilio_failure TEXT;

-- What no row of a text tells of, by the hour. There are a few rows a day, and they are removed after a month.
CREATE TABLE happenings (
    what     TEXT   NOT NULL,  -- signature_refused | missed_taken_in
    hour     BIGINT NOT NULL,  -- hours since the Unix epoch
    count    BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    PRIMARY KEY (what, hour)
);

-- How many owners have to sign in.
CREATE INDEX accounts_signed_out ON accounts (state) WHERE state = 'needs_sign_in';
-- Messages that did not arrive, the latest first.
CREATE INDEX deliveries_bad ON deliveries (updated_at) WHERE status IN ('failed', 'undelivered');
-- Replies in one state or of one error, the newest first.
CREATE INDEX replies_state_created ON replies (state, created_at);
