-- Pairs of tokens that X still has to revoke: nobody uses them any more. There is no phone number here.
CREATE TABLE revocations (
    id               TEXT   NOT NULL PRIMARY KEY, -- names the pair: a second one is the same one
    account_id       TEXT   NOT NULL,             -- the account that the tokens are sealed for
    access_token     TEXT   NOT NULL,             -- sealed
    refresh_token    TEXT   NOT NULL,             -- sealed; empty when X gave none
    created_at       BIGINT NOT NULL,
    next_attempt_at  BIGINT NOT NULL,
    woken_at         BIGINT NOT NULL,
    failures         BIGINT NOT NULL
);
CREATE INDEX revocations_due ON revocations (next_attempt_at);
