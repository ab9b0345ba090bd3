-- The jobs of one row, finished ones too.
DROP INDEX apalis.birdcall_jobs_subject;
CREATE INDEX birdcall_jobs_subject ON apalis.jobs (birdcall_job_subject(job));
-- The jobs of one queue, newest first.
CREATE INDEX birdcall_jobs_queue ON apalis.jobs (job_type, id);
-- Few jobs are in one of these states at any time.
CREATE INDEX birdcall_jobs_unusual ON apalis.jobs (id) WHERE status IN ('Running', 'Queued', 'Failed', 'Killed');

-- apalis's own function walks its index in the order (priority, run_at): it steps over every delayed
-- job of the highest priority before it finds one of a lower priority that may start. This one asks for
-- each priority of ours in turn, so it reads what it fetches and nothing else. It locks no job that it
-- does not take. A failed job is not fetched again: trying again is the ledger's.
CREATE OR REPLACE FUNCTION apalis.get_jobs(
    worker_id TEXT,
    v_job_type TEXT,
    v_job_count INTEGER DEFAULT 5
)
RETURNS SETOF apalis.jobs
LANGUAGE sql
VOLATILE
AS $$
    WITH birdcall_next AS (
        SELECT ready.id
        FROM (VALUES (2), (1), (0)) AS each (priority)
        CROSS JOIN LATERAL (
            SELECT jobs.id
            FROM apalis.jobs AS jobs
            WHERE
                jobs.status = 'Pending'
                AND jobs.job_type = v_job_type
                AND jobs.priority = each.priority
                AND jobs.run_at < now()
            ORDER BY jobs.run_at ASC
            LIMIT v_job_count
            FOR UPDATE SKIP LOCKED
        ) AS ready
        LIMIT v_job_count
    )
    UPDATE apalis.jobs AS j
    SET
        status = 'Queued',
        lock_by = worker_id,
        lock_at = now()
    FROM birdcall_next
    WHERE j.id = birdcall_next.id
    RETURNING j.*;
$$;
