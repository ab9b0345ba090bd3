-- What a dead worker held is found at once, however many rows are due.
CREATE INDEX texts_held ON texts (next_attempt_at) WHERE lease_owner IS NOT NULL;
CREATE INDEX replies_held ON replies (next_attempt_at) WHERE lease_owner IS NOT NULL;

-- What is open of one phone, however much it has sent before.
CREATE INDEX texts_open ON texts (phone, arrival) WHERE next_attempt_at IS NOT NULL;
