-- Lists, counts and turns cost what they show, not what the ledger holds. The index (phone, state, ...)
-- serves the list of one phone as well, state by state. The first also leads to what waits for the end
-- of a pause.
CREATE INDEX texts_state ON texts (state, received_at, arrival);
CREATE INDEX texts_phone_state ON texts (phone, state, received_at, arrival);
-- How many replies are in each state.
CREATE INDEX replies_state ON replies (state);
-- When the window of its number has room for a reply that had to wait for that; NULL for all others.
ALTER TABLE replies ADD COLUMN turn_at BIGINT;
CREATE INDEX replies_turn ON replies (phone, turn_at) WHERE turn_at IS NOT NULL;
-- Sign-ins that were begun long ago are forgotten.
CREATE INDEX authorizations_created ON authorizations (created_at);
