-- Deactivating an account ends its sessions, even if another program deactivates it. A later activation does not restore
-- them.
CREATE TRIGGER deactivation_ends_sessions AFTER UPDATE OF is_active ON users
WHEN NOT NEW.is_active
BEGIN
    DELETE FROM auth_sessions WHERE user_id = NEW.id;
END;
