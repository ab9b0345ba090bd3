-- Whether a row has a job on its way is found by the row's id (common/src/queue.rs writes the same
-- expression).
CREATE INDEX birdcall_jobs_subject ON Jobs (CAST(job AS TEXT) ->> 'id') WHERE status = 'Pending';
