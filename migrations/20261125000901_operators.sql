-- People who may use the console, apart from the one whose password is ADMIN_PASSWORD.
CREATE TABLE operators (
    name          TEXT   NOT NULL PRIMARY KEY,
    role          TEXT   NOT NULL,             -- read | operate | admin
    password_hash TEXT   NOT NULL,             -- argon2id, as a PHC string
    stamp         TEXT   NOT NULL,             -- random; another one ends the sessions
    created_at    BIGINT NOT NULL
);

CREATE TABLE operator_sessions (
    token_hash TEXT   NOT NULL PRIMARY KEY,    -- of the cookie
    operator   TEXT   NOT NULL,
    stamp      TEXT   NOT NULL,                -- the operator's when the session began
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX operator_sessions_operator ON operator_sessions (operator);
CREATE INDEX operator_sessions_expires ON operator_sessions (expires_at);

-- What a session may see unmasked: one text or one number, for a while.
CREATE TABLE operator_reveals (
    token_hash TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    until      BIGINT NOT NULL,
    PRIMARY KEY (token_hash, subject)
);

-- Wrong passwords in a row, by name. All names that do not exist share one row.
CREATE TABLE operator_tries (
    name    TEXT   NOT NULL PRIMARY KEY,
    wrong   BIGINT NOT NULL,
    next_at BIGINT NOT NULL
);
