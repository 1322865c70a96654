-- Finds the schemes of outdated password hashes without reading the whole table. It is empty if there are none.
CREATE INDEX users_outdated_password_hashes ON users (password_hash)
    WHERE password_hash NOT LIKE '$argon2id$v=19$m=19456,t=2,p=1$%';
