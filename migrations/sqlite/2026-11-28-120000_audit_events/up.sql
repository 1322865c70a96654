-- AUTOINCREMENT, because a reader continues after the greatest id that it has seen.
-- Without foreign keys, because events outlive the accounts and sessions that they name.
CREATE TABLE audit_events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at TIMESTAMP NOT NULL,
    event VARCHAR(50) NOT NULL,
    user_id BIGINT,
    session_id VARCHAR(36),
    ip VARCHAR(45),
    operator VARCHAR(64),
    details VARCHAR(100)
);
-- The trail by time, and the events of one account by time.
CREATE INDEX ix_audit_events_at ON audit_events (at, id);
CREATE INDEX ix_audit_events_user_id ON audit_events (user_id, at, id);
