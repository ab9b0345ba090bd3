-- Why an operator did something, in the operator's own words.
ALTER TABLE audit ADD COLUMN reason TEXT NOT NULL DEFAULT '';
