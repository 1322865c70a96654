-- One-time codes with which a user chooses a new password. The digest is the SHA-256 of a code in hexadecimal. The code itself
-- is not stored.
CREATE TABLE password_codes (
    user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    digest VARCHAR(64) NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    tries_left INTEGER NOT NULL
);
-- Every refused code is counted in the one row of this table. A refusal therefore costs a write whether or not the account has a
-- code, and its time does not reveal which.
CREATE TABLE password_code_refusals (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    refusals BIGINT NOT NULL
);
INSERT INTO password_code_refusals (id, refusals) VALUES (1, 0);
