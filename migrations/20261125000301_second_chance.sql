-- A refresh token whose last use is unaccounted for is kept, and presented once more when the access token is over.
ALTER TABLE accounts ADD COLUMN refresh_doubted_at BIGINT;  -- since when; NULL when it is not in doubt

-- The 401s in a row to the access token of unauthorized_version: the first and the last.
ALTER TABLE texts ADD COLUMN unauthorized_since BIGINT;
ALTER TABLE texts ADD COLUMN unauthorized_last BIGINT;
