DROP INDEX ix_auth_sessions_secret_digest;
ALTER TABLE auth_sessions DROP COLUMN secret_digest;
