DROP INDEX ix_auth_sessions_last_seen_at;
DROP INDEX ix_auth_sessions_created_at;
DROP TABLE spent_refresh_tokens;
ALTER TABLE auth_sessions DROP COLUMN refresh_generation;
ALTER TABLE auth_sessions DROP COLUMN ip;
ALTER TABLE auth_sessions DROP COLUMN user_agent;
