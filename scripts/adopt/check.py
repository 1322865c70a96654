"""Makes databases with the Python application, adopts them with the binary, and compares. scripts/check-adopt runs it."""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid

import sqlalchemy as sa

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import app
from coach_server import BINARY, Server, require_binary, run

SECRET = "0123456789abcdef0123456789abcdef"


class Sqlite:
    name = "SQLite"

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.directory.name, "app.db")
        self.url = f"sqlite:///{self.file}"
        # Four slashes before an absolute path, as SQLAlchemy writes it.
        self.environment = {"DATABASE_URL": f"sqlite:///{self.file}"}

    def fingerprint(self):
        with contextlib.closing(sqlite3.connect(self.file)) as database:
            mode = database.execute("PRAGMA journal_mode").fetchone()[0]
            return hashlib.sha256("\n".join([mode, *database.iterdump()]).encode()).hexdigest()

    def drop(self):
        self.directory.cleanup()


class Postgres:
    name = "PostgreSQL"

    def __init__(self):
        cluster = sa.make_url(os.environ["TEST_POSTGRES_URL"]).set(drivername="postgresql+psycopg")
        self.database = f"adopt_{uuid.uuid4().hex[:12]}"
        self.admin = sa.create_engine(cluster, isolation_level="AUTOCOMMIT")
        self.execute(f"CREATE DATABASE {self.database}")
        self.url = cluster.set(database=self.database).render_as_string(hide_password=False)
        self.environment = {"DATABASE_URL": self.url, "JWT_SECRET": SECRET}

    def execute(self, sql):
        with self.admin.connect() as connection:
            connection.execute(sa.text(sql))

    def fingerprint(self):
        plain = self.url.replace("+psycopg", "")
        dump = subprocess.run(["pg_dump", plain], capture_output=True, check=True).stdout
        # Newer versions write a random key into each dump.
        lines = [line for line in dump.splitlines() if not line.startswith((b"\\restrict", b"\\unrestrict"))]
        return hashlib.sha256(b"\n".join(lines)).hexdigest()

    def drop(self):
        self.execute(f"DROP DATABASE {self.database} WITH (FORCE)")
        self.admin.dispose()


def rows(database, sql):
    engine = sa.create_engine(database.url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(sa.text(sql))]
    engine.dispose()
    return found


def change(database, sql):
    engine = sa.create_engine(database.url)
    with engine.begin() as connection:
        connection.execute(sa.text(sql))
    engine.dispose()


def command(database, *arguments):
    with tempfile.TemporaryDirectory() as directory:
        return run(directory, *arguments, **database.environment)


def adopt(database):
    """Adopts and returns the result."""
    done = command(database, "migrate", "--adopt", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_refused(database, named):
    """Nothing changes, and the sentence says why."""
    before = database.fingerprint()
    done = command(database, "migrate", "--adopt")
    assert done.returncode == 1 and named in done.stderr, f"{named}: {done.returncode} {done.stderr}"
    assert "nothing was changed" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert database.fingerprint() == before, f"a refusal ({named}) changed the database"


def check_not_started(database):
    """The server and a plain migrate refuse a database that is not adopted, and change nothing."""
    before = database.fingerprint()
    for arguments, environment in [([], {}), (["migrate"], {}), ([], {"AUTO_MIGRATE": "false"})]:
        with tempfile.TemporaryDirectory() as directory:
            done = run(directory, *arguments, **database.environment, **environment)
        assert done.returncode == 1 and "migrate --adopt" in done.stderr, f"{done.returncode} {done.stderr}"
    assert database.fingerprint() == before


def check_logins(database, ids):
    with tempfile.TemporaryDirectory() as directory, Server(directory, **database.environment) as server:
        for id in ids:
            for _ in range(2):
                status, _, body = server.log_in(f"USER.{id}@example.com", f"password-{id}")
                assert status == 200, f"user {id}: {status} {body}"
                answer = json.loads(body)
                assert answer["user"]["id"] == id and answer["user"]["created_at"].startswith("2026-02-13T12:00:00"), body
            assert server.log_in(f"user.{id}@example.com", "password-0")[0] == 401
            status, _, body = server.request("/api/sessions?limit=100", token=answer["access_token"])
            owned = rows(database, f"SELECT count(*) FROM practice_sessions WHERE user_id = {id}")[0][0]
            assert status == 200 and len(json.loads(body)["sessions"]) == min(owned, 100), body
        status, _, body = server.register("new@example.com")
        assert status == 201, body
        new = json.loads(body)["user"]["id"]
        assert new > max(id for (id,) in rows(database, "SELECT id FROM users WHERE email <> 'new@example.com'")), new
        return new


def check_repeatable(database):
    before = database.fingerprint()
    assert adopt(database) == {"adopted": False}
    assert database.fingerprint() == before, "the second run changed the database"
    done = command(database, "migrate")
    assert done.returncode == 0, done.stderr


SESSIONS = "SELECT id, user_id, category_filter, mode, timer_minutes, questions_count, avg_score FROM practice_sessions ORDER BY id"


def check_original(kind):
    database = kind()
    app.make_original(database.url, 20, 200)
    # An account that was deleted: its id must not come back.
    change(database, "UPDATE practice_sessions SET user_id = NULL WHERE user_id = 20")
    change(database, "DELETE FROM users WHERE id = 20")
    sessions = rows(database, SESSIONS)
    names = rows(database, "SELECT id, full_name, is_active FROM users ORDER BY id")
    check_not_started(database)
    result = adopt(database)
    assert result == {"adopted": True, "users": 19, "practice_sessions": 200, "notes": []}, result
    assert rows(database, SESSIONS) == sessions
    assert rows(database, "SELECT id, full_name, is_active FROM users ORDER BY id") == names
    assert rows(database, "SELECT version_num FROM alembic_version") == [("0002",)]
    emails = [email for (email,) in rows(database, "SELECT email FROM users ORDER BY id")]
    assert emails == [f"user.{id}@example.com" for id in range(1, 20)], emails
    trail = rows(database, "SELECT event, details FROM audit_events WHERE operator IS NOT NULL")
    assert trail == [("database-adopted", "accounts=19 practice_sessions=200")], trail
    check_repeatable(database)
    new = check_logins(database, range(1, 20))
    if kind is Postgres:
        assert new >= 20, new
    check_repeatable(database)
    check_like_new(database, kind)
    database.drop()


def schema(database):
    """Columns, primary and foreign keys, and indexes of our tables."""
    engine = sa.create_engine(database.url)
    inspector = sa.inspect(engine)
    found = {}
    for table in ["users", "practice_sessions", "auth_sessions"]:
        columns = {
            column["name"]: (str(column["type"]).split("(")[0], column["nullable"], column["default"] is not None)
            for column in inspector.get_columns(table)
        }
        keys = [
            (key["constrained_columns"], key["referred_table"], key["options"].get("ondelete"))
            for key in inspector.get_foreign_keys(table)
        ]
        indexes = {
            (index["name"], tuple(index["column_names"]), bool(index["unique"]))
            for index in inspector.get_indexes(table)
            if index["name"] != "ix_users_id"
        }
        found[table] = (columns, inspector.get_pk_constraint(table)["constrained_columns"], keys, indexes)
    engine.dispose()
    return found


def check_like_new(database, kind):
    """The schema is the one that our migrations make."""
    new = kind()
    done = command(new, "migrate")
    assert done.returncode == 0, done.stderr
    ours, adopted = schema(new), schema(database)
    assert adopted == ours, f"\n{adopted}\n{ours}"
    new.drop()


def check_variant(kind):
    database = kind()
    app.make_variant(database.url)
    extra = "SELECT id, nickname, is_superuser, updated_at, team_id FROM users ORDER BY id"
    users, notes = rows(database, extra), rows(database, "SELECT count(*) FROM practice_sessions WHERE notes IS NOT NULL")
    result = adopt(database)
    assert (result["users"], result["practice_sessions"]) == (6, 12), result
    assert rows(database, extra) == users
    assert rows(database, "SELECT count(*) FROM practice_sessions WHERE notes IS NOT NULL") == notes
    assert rows(database, "SELECT user_id, text FROM answers") == [(1, "An answer")]
    assert rows(database, "SELECT version_num FROM alembic_version") == [("abc",)]
    assert rows(database, "SELECT count(*) FROM users WHERE is_active") == [(6,)]
    check_repeatable(database)
    check_logins(database, range(1, 7))
    unique = [index for index in sa.inspect(sa.create_engine(database.url)).get_indexes("users") if "nickname" in index["column_names"]]
    assert unique and all(index["unique"] for index in unique), unique
    check_deletion(database)
    database.drop()


def check_deletion(database):
    """Deleting an account deletes its rows in a table of the application that asks for it."""
    with tempfile.TemporaryDirectory() as directory, Server(directory, **database.environment) as server:
        token = json.loads(server.log_in("user.1@example.com", "password-1")[2])["access_token"]
        status, _, body = server.request("/auth/me", {"current_password": "password-1"}, token, method="DELETE")
        assert status == 204, body
    assert rows(database, "SELECT * FROM answers") == []
    assert rows(database, "SELECT count(*) FROM practice_sessions WHERE user_id = 1") == [(0,)]


def check_baseline(kind):
    """A database at the first revision has practice sessions and no accounts."""
    database = kind()
    app.upgrade(database.url, "0001")
    insert = "INSERT INTO practice_sessions (id, started_at) VALUES ('a0f58c69-85ba-4cb4-90e1-675b2d66aaa3', '2026-02-13 12:00:00')"
    change(database, insert)
    assert adopt(database) == {"adopted": True, "users": 0, "practice_sessions": 1, "notes": []}
    check_like_new(database, kind)
    with tempfile.TemporaryDirectory() as directory, Server(directory, **database.environment) as server:
        assert server.register("new@example.com")[0] == 201
    database.drop()


def check_odd_rows(kind):
    """Rows that break our rules are kept and reported."""
    database = kind()
    app.make_original(database.url, 8, 8)
    odd = [
        "UPDATE users SET email = 'root@localhost' WHERE id = 1",
        "UPDATE users SET password_hash = '$pbkdf2-sha256$29000$c2FsdA$aGFzaA' WHERE id = 2",
        "UPDATE users SET password_hash = '' WHERE id = 3",
        "UPDATE users SET is_active = NULL, created_at = NULL WHERE id = 4",
        f"UPDATE users SET full_name = '{'x' * 200}' WHERE id = 5",
        "UPDATE practice_sessions SET started_at = NULL, mode = NULL, questions_count = NULL WHERE user_id = 6",
    ]
    if kind is Sqlite:
        # Nothing enforces foreign keys in a Python application.
        odd.append("UPDATE practice_sessions SET user_id = 99 WHERE user_id = 7")
    for sql in odd:
        change(database, sql)
    result = adopt(database)
    assert (result["users"], result["practice_sessions"]) == (8, 8), result
    text = json.dumps(result["notes"])
    for words, ids in [
        ("malformed email", ["1"]),
        ("neither bcrypt nor Argon2", ["2"]),
        ("no password hash", ["3"]),
        ("no value in is_active", ["4"]),
        ("above 100 characters", ["5"]),
    ]:
        assert [note["first_ids"] for note in result["notes"] if words in note["finding"]] == [ids], (words, text)
    assert ("belonged to accounts" in text) == (kind is Sqlite), text
    assert rows(database, "SELECT email, password_hash FROM users WHERE id IN (1, 3) ORDER BY id")[0][0] == "root@localhost"
    assert rows(database, "SELECT length(full_name) FROM users WHERE id = 5") == [(200,)]
    check_logins(database, [7, 8])
    if kind is Sqlite:
        assert rows(database, "SELECT id FROM users WHERE email = 'new@example.com'") == [(100,)], "an id came back"
    database.drop()


def check_refusals(kind):
    database = kind()
    app.make_original(database.url, 5, 5)
    for sql, undo, named in [
        ("UPDATE users SET email = 'USER.2@example.com' WHERE id = 1", "UPDATE users SET email = 'a@b.example' WHERE id = 1", "users 1, 2"),
        ("UPDATE practice_sessions SET id = 'one' WHERE user_id = 2", "DELETE FROM practice_sessions WHERE id = 'one'", "one"),
        ("ALTER TABLE users ADD COLUMN hashed_password TEXT", "ALTER TABLE users DROP COLUMN hashed_password", "both"),
        ("CREATE TABLE auth_sessions (id INTEGER)", "DROP TABLE auth_sessions", "auth_sessions"),
        ("ALTER TABLE users RENAME COLUMN email TO mail", "ALTER TABLE users RENAME COLUMN mail TO email", "no column email"),
    ]:
        change(database, sql)
        if named == "auth_sessions":
            before = database.fingerprint()
            done = command(database, "migrate", "--adopt")
            assert done.returncode == 1 and named in done.stderr, done.stderr
            assert database.fingerprint() == before
        else:
            check_refused(database, named)
        change(database, undo)
    assert adopt(database)["users"] == 5
    database.drop()
    empty = kind()
    done = command(empty, "migrate", "--adopt")
    assert done.returncode == 1 and ("nothing to adopt" in done.stderr or "does not exist" in done.stderr), done.stderr
    empty.drop()


def check_kills(kind, users, sessions, kills):
    """SIGINT, SIGTERM and SIGKILL at any point leave a database that can be adopted."""
    database = kind()
    shared = app.HASHES.hash("password-1")
    app.make_original(database.url, users, sessions, hashes=shared)
    environment = {"PORT": "0", **database.environment}
    with tempfile.TemporaryDirectory() as directory:
        duration, killed, finished = 0.05, 0, False
        while killed < kills and not finished:
            process = subprocess.Popen(
                [BINARY, "migrate", "--adopt"], cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            try:
                _, error = process.communicate(timeout=duration)
                assert process.returncode == 0, error
                finished = True
            except subprocess.TimeoutExpired:
                stop = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL][killed % 3]
                process.send_signal(stop)
                _, error = process.communicate()
                if process.returncode == 0:
                    finished = True
                    continue
                # It may be so early that the process does not catch signals yet.
                interrupted = process.returncode == 1 and b"Interrupted" in error
                assert interrupted or process.returncode == -stop, (process.returncode, error)
                killed += 1
                duration = duration * 1.7 + random.uniform(0, 0.1)
                assert rows(database, "SELECT count(*) FROM users") == [(users,)]
                assert rows(database, "SELECT count(*) FROM practice_sessions") == [(sessions,)]
        begun = time.monotonic()
        result = adopt(database)
        seconds = time.monotonic() - begun
    assert finished or (result["users"], result["practice_sessions"]) == (users, sessions), result
    assert killed > 0
    assert rows(database, "SELECT count(*) FROM users") == [(users,)]
    assert rows(database, "SELECT count(*) FROM practice_sessions") == [(sessions,)]
    with tempfile.TemporaryDirectory() as directory, Server(directory, **database.environment) as server:
        for id in random.sample(range(1, users + 1), 10):
            assert server.log_in(f"user.{id}@example.com", "password-1")[0] == 200, id
    database.drop()
    return f"{killed} kills, then {users} accounts and {sessions} practice sessions in {seconds:.1f} s"


def main():
    require_binary()
    large = "--large" in sys.argv
    kinds = [kind for kind in [Sqlite, Postgres] if kind.name in sys.argv] or [Sqlite, Postgres]
    for kind in kinds:
        if large:
            print(f"{kind.name}: {check_kills(kind, 100_000, 1_000_000, 4)}")
            continue
        for check in [check_original, check_variant, check_baseline, check_odd_rows, check_refusals]:
            check(kind)
        print(f"{kind.name}: adopted, {check_kills(kind, 5_000, 20_000, 3)}")


main()
