-- apalis-sqlite's own indexes on Jobs mislead SQLite's planner: acknowledging and locking a batch
-- scan by lock_by or status instead of taking the primary key, and slow down with every finished
-- job. Without them both go by primary key (common/tests/store/query_plans.rs asserts it).
DROP INDEX IF EXISTS LIdx;
DROP INDEX IF EXISTS idx_jobs_status_run_at;
DROP INDEX IF EXISTS idx_jobs_claimable;
DROP INDEX IF EXISTS idx_jobs_running;
DROP INDEX IF EXISTS idx_jobs_completed_done_at;
DROP INDEX IF EXISTS idx_jobs_job_type_status_run_at;

-- For finding what a dead worker held, and for removing what was finished long ago.
CREATE INDEX IF NOT EXISTS birdcall_jobs_held ON Jobs (lock_by) WHERE status IN ('Running', 'Queued');
CREATE INDEX IF NOT EXISTS birdcall_jobs_done ON Jobs (done_at) WHERE done_at IS NOT NULL;
