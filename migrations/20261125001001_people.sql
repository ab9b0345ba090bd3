-- People who may sign up because an operator said so, beside ALLOWED_NUMBERS. A row that is no longer allowed is kept
-- only because its number texted \STOP: such a number is not invited.
CREATE TABLE people (
    id          TEXT   NOT NULL PRIMARY KEY,  -- random; what addresses of the console carry instead of the phone
    phone       TEXT   NOT NULL UNIQUE,       -- E.164
    note        TEXT   NOT NULL,              -- the operator's words, such as a name; may be empty
    allowed_at  BIGINT,                       -- NULL: not any more
    allowed_by  TEXT   NOT NULL,              -- the operator's name
    invited_at  BIGINT,                       -- when the last invitation was written
    invited_by  TEXT,
    invitation  TEXT,                         -- the id of its reply
    stopped_at  BIGINT                        -- when the number texted \STOP; a sign-in clears it
);
CREATE INDEX people_allowed ON people (allowed_at, id) WHERE allowed_at IS NOT NULL;
-- The last invitation of a number.
CREATE INDEX replies_invitation ON replies (phone, created_at) WHERE purpose = 'invitation';
