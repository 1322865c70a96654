-- However an account is deactivated, its sessions are over for good: activating it again revives none.
CREATE TRIGGER deactivation_ends_sessions AFTER UPDATE OF is_active ON users
WHEN NOT NEW.is_active
BEGIN
    DELETE FROM auth_sessions WHERE user_id = NEW.id;
END;
