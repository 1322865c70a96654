-- A trigger function runs with the search_path of the session that fires it. Set it to the schema of these tables, so that
-- the function never uses a table of the same name in another schema.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION end_sessions_of_deactivated_user() SET search_path = %I, pg_temp',
        current_schema()
    );
END;
$$;
