-- The ledger. Portable: TEXT, BIGINT (Unix milliseconds, counts, 0/1), explicit NOT NULL.
-- Whatever is due has a next_attempt_at; NULL means that nothing more happens by itself.

CREATE TABLE accounts (
    id                   TEXT   NOT NULL PRIMARY KEY, -- random; what jobs carry instead of the phone
    phone                TEXT   NOT NULL UNIQUE,      -- E.164
    state                TEXT   NOT NULL,             -- active | needs_sign_in
    x_user_id            TEXT   NOT NULL,             -- empty while X has not told
    x_handle             TEXT   NOT NULL,             -- without @; empty while X has not told
    scopes               TEXT   NOT NULL,             -- granted, space-separated
    access_token         TEXT   NOT NULL,             -- sealed
    access_expires_at    BIGINT NOT NULL,
    refresh_token        TEXT   NOT NULL,             -- sealed; empty when there is none to spend
    refresh_expires_at   BIGINT NOT NULL,             -- a guess (six months): a reason to ask early
    token_version        BIGINT NOT NULL,             -- goes up with every new pair
    refresh_lease_owner  TEXT,                        -- set before X is called, cleared after
    refresh_lease_until  BIGINT,
    refresh_due_at       BIGINT,                      -- proactive refresh; NULL when there is none
    refresh_failures     BIGINT NOT NULL,
    woken_at             BIGINT NOT NULL,
    linked_at            BIGINT NOT NULL,
    last_text_at         BIGINT NOT NULL
);
CREATE INDEX accounts_refresh_due ON accounts (refresh_due_at) WHERE refresh_due_at IS NOT NULL;

CREATE TABLE authorizations (
    state_hash  TEXT   NOT NULL PRIMARY KEY, -- SHA-256 of the state: what is at rest can't be replayed
    phone       TEXT   NOT NULL,
    verifier    TEXT   NOT NULL,             -- PKCE code verifier, sealed
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT,
    outcome     TEXT                         -- linked, or why not
);
CREATE INDEX authorizations_phone ON authorizations (phone);
CREATE INDEX authorizations_open ON authorizations (used_at) WHERE outcome IS NULL;

CREATE TABLE texts (
    sid                   TEXT   NOT NULL PRIMARY KEY, -- Twilio's MessageSid
    phone                 TEXT   NOT NULL,             -- the sender as Twilio named it
    service_number        TEXT   NOT NULL,             -- which of our numbers it was sent to
    body                  TEXT   NOT NULL,
    num_media             BIGINT NOT NULL,
    kind                  TEXT   NOT NULL,             -- post | command | sign_in | ignored
    state                 TEXT   NOT NULL,
    reason                TEXT,
    arrival               BIGINT NOT NULL,             -- microseconds; the order of one phone's texts
    received_at           BIGINT NOT NULL,
    deadline_at           BIGINT NOT NULL,             -- after this it is given up
    next_attempt_at       BIGINT,
    woken_at              BIGINT NOT NULL,             -- when the sweep last woke it
    lease_owner           TEXT,
    lease_until           BIGINT,
    claims                BIGINT NOT NULL,             -- claims since it was last settled
    deaths                BIGINT NOT NULL,             -- workers that died with an armed call for it
    failures              BIGINT NOT NULL,             -- passing failures in a row
    attempts              BIGINT NOT NULL,             -- calls that were armed
    checks                BIGINT NOT NULL,             -- timeline reads since the last unknown outcome
    doubted               BIGINT NOT NULL,             -- 1: some attempt's outcome was unknown
    unauthorized_version  BIGINT,                      -- token_version that X answered 401 to
    replays               BIGINT NOT NULL,             -- how often an operator ran it again
    post_id               TEXT,
    published_at          BIGINT,
    undone_at             BIGINT,                      -- deleted from X by \UNDO
    error                 TEXT
);
CREATE INDEX texts_phone ON texts (phone, arrival);
CREATE INDEX texts_due ON texts (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX texts_received ON texts (received_at);
CREATE UNIQUE INDEX texts_post ON texts (post_id) WHERE post_id IS NOT NULL;

CREATE TABLE attempts (
    sid         TEXT   NOT NULL,
    number      BIGINT NOT NULL,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    outcome     TEXT,
    error       TEXT,
    PRIMARY KEY (sid, number)
);

CREATE TABLE replies (
    id               TEXT   NOT NULL PRIMARY KEY, -- names what it answers: a second one is the same one
    text_sid         TEXT,
    phone            TEXT   NOT NULL,
    body             TEXT   NOT NULL,
    purpose          TEXT   NOT NULL,
    encoding         TEXT   NOT NULL,             -- GSM-7 | UCS-2
    segments         BIGINT NOT NULL,
    state            TEXT   NOT NULL,
    twilio_sid       TEXT,
    error_code       BIGINT,
    error            TEXT,
    created_at       BIGINT NOT NULL,
    deadline_at      BIGINT NOT NULL,
    next_attempt_at  BIGINT,
    woken_at         BIGINT NOT NULL,
    lease_owner      TEXT,
    lease_until      BIGINT,
    claims           BIGINT NOT NULL,
    failures         BIGINT NOT NULL,
    attempts         BIGINT NOT NULL,
    checks           BIGINT NOT NULL,
    resends          BIGINT NOT NULL,             -- sent again because it was not delivered
    sent_at          BIGINT                       -- when the last call was armed
);
CREATE INDEX replies_due ON replies (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX replies_phone ON replies (phone, sent_at);
CREATE INDEX replies_text ON replies (text_sid);
CREATE INDEX replies_goodbye ON replies (id) WHERE purpose = 'goodbye' AND phone <> '';
CREATE UNIQUE INDEX replies_twilio_sid ON replies (twilio_sid) WHERE twilio_sid IS NOT NULL;

-- What Twilio reports of our messages; may arrive before we know the sid.
CREATE TABLE deliveries (
    twilio_sid  TEXT   NOT NULL PRIMARY KEY,
    status      TEXT   NOT NULL,
    rank        BIGINT NOT NULL, -- a later state is never overwritten by an earlier one
    error_code  BIGINT,
    updated_at  BIGINT NOT NULL
);

-- One row a phone: locking it puts claims for that phone in order.
CREATE TABLE lanes (
    phone        TEXT   NOT NULL PRIMARY KEY,
    opted_out    BIGINT NOT NULL, -- 1: Twilio blocks our texts to it
    touched_at   BIGINT NOT NULL
);

-- What a whole queue waits for.
CREATE TABLE pauses (
    queue     TEXT   NOT NULL PRIMARY KEY,
    reason    TEXT   NOT NULL, -- money | rate_limit | paused (by the operator)
    since     BIGINT NOT NULL,
    until     BIGINT NOT NULL, -- then one text tries
    failures  BIGINT NOT NULL
);

CREATE TABLE worker_processes (
    name        TEXT   NOT NULL PRIMARY KEY,
    started_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL
);

CREATE TABLE audit (
    id       TEXT   NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT   NOT NULL,
    action   TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    detail   TEXT   NOT NULL
);
CREATE INDEX audit_at ON audit (at);
