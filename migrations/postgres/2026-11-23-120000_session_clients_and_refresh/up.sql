-- From where a session is used, so that its user recognises it.
ALTER TABLE auth_sessions ADD COLUMN user_agent VARCHAR(255);
ALTER TABLE auth_sessions ADD COLUMN ip VARCHAR(45);
-- Refresh tokens are derived from a key that is not here: how many there were, and when the last one came to be.
ALTER TABLE auth_sessions ADD COLUMN refresh_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE auth_sessions ADD COLUMN refreshed_at TIMESTAMPTZ;
-- Sessions that are over are found by their age and by their last use.
CREATE INDEX ix_auth_sessions_created_at ON auth_sessions (created_at);
CREATE INDEX ix_auth_sessions_last_seen_at ON auth_sessions (last_seen_at);
