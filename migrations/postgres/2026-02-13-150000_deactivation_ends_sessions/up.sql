-- Deactivating an account ends its sessions, even if another program deactivates it. A later activation does not restore
-- them.
CREATE FUNCTION end_sessions_of_deactivated_user() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM auth_sessions WHERE user_id = NEW.id;
    RETURN NULL;
END;
$$;
CREATE TRIGGER deactivation_ends_sessions AFTER UPDATE OF is_active ON users
FOR EACH ROW WHEN (NOT NEW.is_active) EXECUTE FUNCTION end_sessions_of_deactivated_user();
