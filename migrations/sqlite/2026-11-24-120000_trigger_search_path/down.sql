-- SQLite has no search path. This keeps the versions of both databases equal.
SELECT 1;
