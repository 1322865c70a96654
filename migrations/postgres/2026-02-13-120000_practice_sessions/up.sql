-- The initial schema: interview practice without accounts.
CREATE TABLE practice_sessions (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    category_filter VARCHAR(50),
    mode VARCHAR(20) NOT NULL DEFAULT 'standard',
    timer_minutes INTEGER,
    started_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ended_at TIMESTAMPTZ,
    questions_count INTEGER NOT NULL DEFAULT 0,
    avg_score DOUBLE PRECISION
);
CREATE INDEX ix_practice_sessions_category_filter ON practice_sessions (category_filter);
CREATE INDEX ix_practice_sessions_started_at ON practice_sessions (started_at);
