-- SQLite has no search path. This migration only keeps the versions of both databases equal.
SELECT 1;
