CREATE INDEX ix_practice_sessions_started_at ON practice_sessions (started_at);
CREATE INDEX ix_practice_sessions_category_filter ON practice_sessions (category_filter);
CREATE INDEX ix_practice_sessions_user_id ON practice_sessions (user_id);
DROP INDEX ix_practice_sessions_category_ended;
DROP INDEX ix_practice_sessions_category_open;
DROP INDEX ix_practice_sessions_category;
DROP INDEX ix_practice_sessions_ended;
DROP INDEX ix_practice_sessions_open;
DROP INDEX ix_practice_sessions_all;
