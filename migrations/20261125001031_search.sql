-- What the lists of texts are narrowed by. Nearly all texts were posted, and have neither.
CREATE INDEX texts_reason ON texts (reason, received_at, arrival) WHERE reason IS NOT NULL;
CREATE INDEX texts_error ON texts (received_at, arrival) WHERE error IS NOT NULL;
