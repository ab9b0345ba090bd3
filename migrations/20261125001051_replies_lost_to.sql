-- The same for one number, which may have many replies that did arrive.
CREATE INDEX replies_lost_to ON replies (phone, created_at)
    WHERE CASE state WHEN 'failed' THEN 1 WHEN 'sent' THEN error_code END IS NOT NULL;
