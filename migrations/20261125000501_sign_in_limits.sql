-- A reply holds no sign-in link: its number and token are hidden, and the link is made again when it is sent.
ALTER TABLE replies ADD COLUMN link_issued_at BIGINT;                 -- the moment in its link; NULL: it has none
ALTER TABLE replies ADD COLUMN link_works BIGINT NOT NULL DEFAULT 0;  -- 1: the link leads to a sign-in
ALTER TABLE replies ADD COLUMN sign_in BIGINT NOT NULL DEFAULT 0;     -- 1: it has a link, or tells of a failed sign-in
-- For LINKS_PER_DAY_MAX, and for finding a number's links.
CREATE INDEX replies_sign_in ON replies (phone, created_at) WHERE sign_in = 1;
-- The same for texts whose answer may still be on its way.
CREATE INDEX texts_sign_in ON texts (phone, arrival) WHERE kind = 'sign_in';

-- For STRANGERS_PER_DAY_MAX: texts and replies of numbers that are not linked. It names no number, so \STOP
-- does not change the count. Rows are deleted after a day.
CREATE TABLE stranger_texts (
    id  TEXT   NOT NULL PRIMARY KEY, -- a text's sid, or a reply's id
    at  BIGINT NOT NULL
);
CREATE INDEX stranger_texts_at ON stranger_texts (at);

ALTER TABLE authorizations ADD COLUMN link_issued_at BIGINT;          -- the link that led here
ALTER TABLE authorizations ADD COLUMN browser_hash TEXT;              -- SHA-256 of the cookie of the browser that began it
ALTER TABLE authorizations ADD COLUMN account_id TEXT;                -- the account that was linked
CREATE INDEX authorizations_browser ON authorizations (browser_hash) WHERE browser_hash IS NOT NULL;

-- What X granted in a browser that did not begin the sign-in. It is used once that browser confirms, and
-- revoked at X otherwise.
CREATE TABLE grants (
    account_id          TEXT   NOT NULL PRIMARY KEY, -- the account that it may become: its tokens are sealed for it
    state_hash          TEXT   NOT NULL,             -- the sign-in
    confirm_hash        TEXT,                        -- SHA-256 of the key in the page's form; NULL: can't be confirmed
    access_token        TEXT   NOT NULL,             -- sealed
    access_expires_at   BIGINT NOT NULL,
    refresh_token       TEXT   NOT NULL,             -- sealed; empty when X gave none
    refresh_expires_at  BIGINT NOT NULL,
    refresh_due_at      BIGINT,
    scopes              TEXT   NOT NULL,
    x_user_id           TEXT   NOT NULL,
    x_handle            TEXT   NOT NULL,
    created_at          BIGINT NOT NULL,
    revoke_at           BIGINT NOT NULL              -- unless it is confirmed before
);
CREATE INDEX grants_state ON grants (state_hash);
CREATE UNIQUE INDEX grants_confirm ON grants (confirm_hash) WHERE confirm_hash IS NOT NULL;
CREATE INDEX grants_revoke ON grants (revoke_at);
