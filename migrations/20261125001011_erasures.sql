-- Numbers whose data an operator erased. Such a row names the number only until everything about it is gone.
CREATE TABLE erasures (
    id               TEXT   NOT NULL PRIMARY KEY, -- the id of the audit's entry that began it
    phone            TEXT   NOT NULL,             -- E.164; empty once nothing else names it
    mark             TEXT   NOT NULL,             -- a keyed hash of the number, with SECRET_KEY
    begun_at         BIGINT NOT NULL,
    texts_up_to      BIGINT NOT NULL,             -- microseconds: texts in later places are those of a new number
    replies_up_to    BIGINT NOT NULL,
    rows_gone_at     BIGINT,                      -- NULL: there may be more rows
    file_clean_at    BIGINT                       -- when the write-ahead log was emptied after that
);
CREATE INDEX erasures_mark ON erasures (mark, begun_at);
CREATE INDEX erasures_begun ON erasures (begun_at);
CREATE INDEX erasures_open ON erasures (phone) WHERE phone <> '';
CREATE INDEX erasures_in_file ON erasures (rows_gone_at) WHERE file_clean_at IS NULL;

-- SHA-256 of the ids of what was erased, so that a webhook that Twilio repeats does not bring it back. A sid is random:
-- its hash names nothing.
CREATE TABLE erased_ids (
    hash       TEXT   NOT NULL PRIMARY KEY,
    erased_at  BIGINT NOT NULL
);
CREATE INDEX erased_ids_at ON erased_ids (erased_at);

-- Whether a file of SQLite's may hold copies of rows that an earlier version deleted: that version did not overwrite
-- what it deleted.
CREATE TABLE file_history (
    id        BIGINT NOT NULL PRIMARY KEY,  -- 1: there is one row
    has_left  BIGINT NOT NULL               -- 1: it may, until the file is written again
);
INSERT INTO file_history (id, has_left)
    SELECT 1, CASE WHEN EXISTS (SELECT 1 FROM texts) OR EXISTS (SELECT 1 FROM accounts) OR EXISTS (SELECT 1 FROM lanes)
        THEN 1 ELSE 0 END;
