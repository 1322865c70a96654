DROP INDEX ix_practice_sessions_user_id;
ALTER TABLE practice_sessions DROP COLUMN user_id;
DROP TABLE auth_sessions;
DROP TABLE users;
