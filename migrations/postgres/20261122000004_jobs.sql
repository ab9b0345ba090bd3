-- Whether a row has a job on its way is found by the row's id. Reading the payload is a function of
-- its own because an index wants it to be immutable, which convert_from is not in general (its
-- encoding may be any) and is here.
CREATE FUNCTION birdcall_job_subject(job BYTEA) RETURNS TEXT
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT convert_from(job, 'UTF8')::jsonb ->> 'id' $$;
CREATE INDEX birdcall_jobs_subject ON apalis.jobs (birdcall_job_subject(job)) WHERE status = 'Pending';

-- For removing what was finished long ago.
CREATE INDEX birdcall_jobs_done ON apalis.jobs (done_at) WHERE done_at IS NOT NULL;
