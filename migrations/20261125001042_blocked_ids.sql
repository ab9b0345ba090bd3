-- The console names a blocked number without its digits.
ALTER TABLE blocked_numbers ADD COLUMN id TEXT NOT NULL DEFAULT '';
UPDATE blocked_numbers SET id = CAST(blocked_at AS TEXT) || '-' || (
    SELECT COUNT(*) FROM blocked_numbers AS earlier
    WHERE earlier.blocked_at = blocked_numbers.blocked_at AND earlier.phone < blocked_numbers.phone);
CREATE INDEX blocked_numbers_id ON blocked_numbers (id);

-- Lists of linked numbers, the latest first, and one by its handle.
CREATE INDEX accounts_linked ON accounts (linked_at);
CREATE INDEX accounts_handle ON accounts (LOWER(x_handle));
