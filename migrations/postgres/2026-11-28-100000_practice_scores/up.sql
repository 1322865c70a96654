-- The latest scores of a user are one search, however many sessions without a score the user has.
CREATE INDEX ix_practice_sessions_scored ON practice_sessions (user_id, started_at, id) WHERE avg_score IS NOT NULL;
