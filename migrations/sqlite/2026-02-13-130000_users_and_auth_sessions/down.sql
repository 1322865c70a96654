-- SQLite cannot drop a column that references another table, so the table is rebuilt without it.
CREATE TABLE practice_sessions_without_user (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    category_filter VARCHAR(50),
    mode VARCHAR(20) NOT NULL DEFAULT 'standard',
    timer_minutes INTEGER,
    started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ended_at TIMESTAMP,
    questions_count INTEGER NOT NULL DEFAULT 0,
    avg_score DOUBLE
);
INSERT INTO practice_sessions_without_user
    SELECT id, category_filter, mode, timer_minutes, started_at, ended_at, questions_count, avg_score
    FROM practice_sessions;
DROP TABLE practice_sessions;
ALTER TABLE practice_sessions_without_user RENAME TO practice_sessions;
CREATE INDEX ix_practice_sessions_category_filter ON practice_sessions (category_filter);
CREATE INDEX ix_practice_sessions_started_at ON practice_sessions (started_at);
DROP TABLE auth_sessions;
DROP TABLE users;
