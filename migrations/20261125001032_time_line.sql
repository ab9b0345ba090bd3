-- What X answered to a call, for support, and the ways to what operators did with one text.
ALTER TABLE attempts ADD COLUMN http_status BIGINT;
ALTER TABLE attempts ADD COLUMN problem TEXT;         -- the type that X names
ALTER TABLE attempts ADD COLUMN transaction_id TEXT;  -- X's name for the call

CREATE INDEX audit_subject ON audit (subject, at);
