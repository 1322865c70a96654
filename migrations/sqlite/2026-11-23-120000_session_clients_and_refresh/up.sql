-- From where a session is used, so that its user recognises it.
ALTER TABLE auth_sessions ADD COLUMN user_agent VARCHAR(255);
ALTER TABLE auth_sessions ADD COLUMN ip VARCHAR(45);
-- Refresh tokens are derived from a key that is not here: how many were spent, and when the last of them were, since a
-- token that was just spent gets its successor again.
ALTER TABLE auth_sessions ADD COLUMN refresh_generation INTEGER NOT NULL DEFAULT 0;
CREATE TABLE spent_refresh_tokens (
    session_id VARCHAR(36) NOT NULL REFERENCES auth_sessions (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    spent_at TIMESTAMP NOT NULL,
    PRIMARY KEY (session_id, generation)
);
-- Sessions that are over are found by their age and by their last use.
CREATE INDEX ix_auth_sessions_created_at ON auth_sessions (created_at);
CREATE INDEX ix_auth_sessions_last_seen_at ON auth_sessions (last_seen_at);
