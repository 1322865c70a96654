-- Rebuilds the table without ON DELETE CASCADE.
CREATE TABLE new_practice_sessions (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    category_filter VARCHAR(50),
    mode VARCHAR(20) NOT NULL DEFAULT 'standard',
    timer_minutes INTEGER,
    started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ended_at TIMESTAMP,
    questions_count INTEGER NOT NULL DEFAULT 0,
    avg_score DOUBLE,
    user_id BIGINT REFERENCES users (id)
);
INSERT INTO new_practice_sessions SELECT
    id, category_filter, mode, timer_minutes, started_at, ended_at, questions_count, avg_score, user_id
FROM practice_sessions;
DROP TABLE practice_sessions;
ALTER TABLE new_practice_sessions RENAME TO practice_sessions;
CREATE INDEX ix_practice_sessions_category_filter ON practice_sessions (category_filter);
CREATE INDEX ix_practice_sessions_started_at ON practice_sessions (started_at);
CREATE INDEX ix_practice_sessions_user_id ON practice_sessions (user_id);
