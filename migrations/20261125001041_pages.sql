-- Replies that did not arrive, the newest first: Birdcall gave up, or Twilio reported an error.
CREATE INDEX replies_lost ON replies (created_at) 
    WHERE CASE state WHEN 'failed' THEN 1 WHEN 'sent' THEN error_code END IS NOT NULL;
-- How many jobs a worker takes at the same time; 0: a program from before this.
ALTER TABLE worker_processes ADD COLUMN slots BIGINT NOT NULL DEFAULT 0;
