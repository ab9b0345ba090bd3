-- The jobs of one row, finished ones too. Since a job's id and queue never change, neither index is
-- touched when a job is fetched or done.
DROP INDEX birdcall_jobs_subject;
CREATE INDEX birdcall_jobs_subject ON Jobs (CAST(job AS TEXT) ->> 'id');
-- The jobs of one queue, newest first.
CREATE INDEX birdcall_jobs_queue ON Jobs (job_type, id);
-- There are none of these; a list that asks for them should find out at once.
CREATE INDEX birdcall_jobs_failed ON Jobs (id) WHERE status IN ('Failed', 'Killed');
