-- SHA-256 of the session secret of a browser, in hexadecimal. The secret itself is not stored.
ALTER TABLE auth_sessions ADD COLUMN secret_digest VARCHAR(64);
CREATE UNIQUE INDEX ix_auth_sessions_secret_digest ON auth_sessions (secret_digest);
