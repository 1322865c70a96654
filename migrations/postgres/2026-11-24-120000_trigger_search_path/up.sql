-- A trigger function runs with the search_path of the session that fires it. Fix it to the schema of our tables, so that no
-- table of the same name in another schema takes their place.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION end_sessions_of_deactivated_user() SET search_path = %I, pg_temp',
        current_schema()
    );
END;
$$;
