-- Replays of many texts, which workers carry out. A row that is not over has a next_attempt_at.
CREATE TABLE replay_runs (
    id                   TEXT   NOT NULL PRIMARY KEY, -- made from the id of the audit's entry that began it
    states               TEXT   NOT NULL,             -- separated by commas; empty: any
    phone                TEXT,                        -- the row is deleted with the number's data
    reason               TEXT,
    since                BIGINT NOT NULL,
    until_at             BIGINT NOT NULL,
    words                TEXT,                        -- looked for in bodies; emptied when the run is over
    force_posts          BIGINT NOT NULL,             -- 1: also what is, or may be, on X already
    pace                 BIGINT NOT NULL,             -- texts per minute
    who                  TEXT   NOT NULL,
    why                  TEXT   NOT NULL,
    state                TEXT   NOT NULL,             -- planned | running | stopped | done
    planned              BIGINT NOT NULL,             -- texts that matched when it was begun
    planned_all          BIGINT NOT NULL,             -- 0: there may be more
    at_received          BIGINT NOT NULL,             -- the text that was reached last, and its place
    at_arrival           BIGINT NOT NULL,
    at_sid               TEXT   NOT NULL,
    next_text_at         BIGINT NOT NULL,             -- when the next text is due by the pace
    next_attempt_at      BIGINT,                      -- when a worker is to look at it; NULL: it is over
    woken_at             BIGINT NOT NULL,
    lease_owner          TEXT,
    lease_until          BIGINT,
    count_again          BIGINT NOT NULL,             -- texts that were reached, by what became of them
    count_look_up        BIGINT NOT NULL,
    count_look_up_only   BIGINT NOT NULL,
    count_open           BIGINT NOT NULL,
    count_already_posted BIGINT NOT NULL,
    count_taken_back     BIGINT NOT NULL,
    count_not_a_post     BIGINT NOT NULL,
    count_forgotten      BIGINT NOT NULL,
    count_no_words       BIGINT NOT NULL,
    count_unknown        BIGINT NOT NULL,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL,
    finished_at          BIGINT
);
CREATE INDEX replay_runs_due ON replay_runs (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX replay_runs_created ON replay_runs (created_at);
CREATE INDEX replay_runs_phone ON replay_runs (phone) WHERE phone IS NOT NULL;
