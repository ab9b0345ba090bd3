-- Lists of replies, the newest first: those to one number, and those of one error.
CREATE INDEX replies_phone_created ON replies (phone, created_at);
CREATE INDEX replies_error ON replies (error_code, created_at) WHERE error_code IS NOT NULL;
