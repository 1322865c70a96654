ALTER FUNCTION end_sessions_of_deactivated_user() RESET search_path;
