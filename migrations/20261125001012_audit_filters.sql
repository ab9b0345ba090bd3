-- The deeds of one operator, or of one kind, the newest first.
CREATE INDEX audit_actor ON audit (actor, at);
CREATE INDEX audit_action ON audit (action, at);
