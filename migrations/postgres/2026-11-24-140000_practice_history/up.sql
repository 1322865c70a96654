-- A page of a user's practice sessions is one search, whichever filters are set. Each combination of filters has an index,
-- because a filter that matches few of a user's sessions must not read all of them.
--
-- `id <> ''` is true for every row. Only queries without a category contain it, so that only they can use the first three
-- indexes. With a category the planner would sometimes choose one of these and read past the other categories.
CREATE INDEX ix_practice_sessions_all ON practice_sessions (user_id, started_at, id) WHERE id <> '';
CREATE INDEX ix_practice_sessions_open ON practice_sessions (user_id, started_at, id)
    WHERE id <> '' AND ended_at IS NULL;
CREATE INDEX ix_practice_sessions_ended ON practice_sessions (user_id, started_at, id)
    WHERE id <> '' AND ended_at IS NOT NULL;
CREATE INDEX ix_practice_sessions_category ON practice_sessions (user_id, category_filter, started_at, id);
CREATE INDEX ix_practice_sessions_category_open ON practice_sessions (user_id, category_filter, started_at, id)
    WHERE ended_at IS NULL;
CREATE INDEX ix_practice_sessions_category_ended ON practice_sessions (user_id, category_filter, started_at, id)
    WHERE ended_at IS NOT NULL;
-- Replaced by the indexes above, because every search is within a user. An adopted database may lack them.
DROP INDEX IF EXISTS ix_practice_sessions_user_id;
DROP INDEX IF EXISTS ix_practice_sessions_category_filter;
DROP INDEX IF EXISTS ix_practice_sessions_started_at;
