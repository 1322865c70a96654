ALTER TABLE practice_sessions
    DROP CONSTRAINT practice_sessions_user_id_fkey,
    ADD CONSTRAINT practice_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id);
