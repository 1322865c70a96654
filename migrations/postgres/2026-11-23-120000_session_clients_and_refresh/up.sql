-- The client that began a session, so that its user can recognise the session.
ALTER TABLE auth_sessions ADD COLUMN user_agent VARCHAR(255);
ALTER TABLE auth_sessions ADD COLUMN ip VARCHAR(45);
-- Refresh tokens are derived from a key that is not stored here. The columns count the spent tokens and keep the times of
-- the last ones, because a token that was just spent can still be exchanged for its successor.
ALTER TABLE auth_sessions ADD COLUMN refresh_generation INTEGER NOT NULL DEFAULT 0;
CREATE TABLE spent_refresh_tokens (
    session_id VARCHAR(36) NOT NULL REFERENCES auth_sessions (id) ON DELETE CASCADE,
    generation INTEGER NOT NULL,
    spent_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (session_id, generation)
);
-- The purge of expired sessions searches by start and by last use.
CREATE INDEX ix_auth_sessions_created_at ON auth_sessions (created_at);
CREATE INDEX ix_auth_sessions_last_seen_at ON auth_sessions (last_seen_at);
