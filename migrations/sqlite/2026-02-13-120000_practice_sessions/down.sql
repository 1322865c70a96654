DROP TABLE practice_sessions;
