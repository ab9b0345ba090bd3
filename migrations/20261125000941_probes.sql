-- Proof that work gets done: a job of each queue that a worker took and noted here. Readiness reads it.
CREATE TABLE probes (
    queue        TEXT   NOT NULL PRIMARY KEY,
    asked_at     BIGINT NOT NULL,  -- when the last job was pushed
    finished_at  BIGINT NOT NULL   -- when a worker last finished one; 0: never
);
