-- A browser's session is found by the SHA-256 of its secret, in hexadecimal; the secret itself is nowhere.
ALTER TABLE auth_sessions ADD COLUMN secret_digest VARCHAR(64);
CREATE UNIQUE INDEX ix_auth_sessions_secret_digest ON auth_sessions (secret_digest);
