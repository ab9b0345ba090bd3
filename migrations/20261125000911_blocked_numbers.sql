-- Numbers that an operator has blocked: nothing is done with their texts, nothing is answered, and nobody can link
-- them. The row stays until an operator unblocks the number, also when its owner texts \STOP.
CREATE TABLE blocked_numbers (
    phone       TEXT   NOT NULL PRIMARY KEY,  -- E.164
    blocked_at  BIGINT NOT NULL
);
CREATE INDEX blocked_numbers_at ON blocked_numbers (blocked_at);
