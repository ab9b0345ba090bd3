-- The X account with which a call was announced: what it may have posted is never posted on another one.
ALTER TABLE attempts ADD COLUMN x_user_id TEXT;  -- NULL while X has not said it
