-- The login before the one that began the session. It is not known for sessions that have already begun.
ALTER TABLE auth_sessions ADD COLUMN previous_login TIMESTAMP;
