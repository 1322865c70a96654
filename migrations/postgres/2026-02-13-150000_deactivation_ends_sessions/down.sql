DROP TRIGGER deactivation_ends_sessions ON users;
DROP FUNCTION end_sessions_of_deactivated_user();
