"""Hashes passwords with passlib, stores them, and logs in. scripts/check-passlib runs it."""

import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

import argon2.low_level
from passlib.hash import argon2 as passlib_argon2
from passlib.hash import bcrypt

BINARY = pathlib.Path(sys.argv[1]).resolve()
NEW_HASH = "$argon2id$v=19$m=19456,t=2,p=1$"
PASSWORDS = ["TestPass123!", "pässwörd ü 🦀", "x" * 71, "y" * 72, "é" * 60]


def hashes(password):
    """Returns hashes of a password by name."""
    for ident in ["2a", "2b", "2y"]:
        yield f"bcrypt {ident}", bcrypt.using(ident=ident, rounds=5).hash(password)
    yield "argon2 default", passlib_argon2.hash(password)
    for kind in ["i", "d", "id"]:
        hasher = passlib_argon2.using(type=kind, memory_cost=1024, rounds=3, parallelism=2, digest_size=20)
        yield f"argon2{kind}", hasher.hash(password)
    old = argon2.low_level.hash_secret(
        password.encode(), b"somesalt", 2, 512, 1, 32, argon2.low_level.Type.I, version=16
    )
    yield "argon2i version 16", old.decode()


class Server:
    """A server on SQLite in its own directory."""

    def __init__(self, directory):
        self.process = subprocess.Popen(
            [BINARY], cwd=directory, env={"PORT": "0"}, stderr=subprocess.PIPE, text=True
        )
        self.log = []
        for line in self.process.stderr:
            if found := re.search(r"listening on (http://\S+?),", line):
                self.url = found[1]
                break
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()
        self.database = sqlite3.connect(f"{directory}/pm_interview_coach.db", isolation_level=None, timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.database.close()
        self.process.kill()
        self.process.wait()

    def store(self, email, password_hash):
        self.database.execute(
            "INSERT INTO users (email, password_hash, is_active, created_at) VALUES (?, ?, TRUE, '2026-02-13 12:00:00')",
            (email, password_hash),
        )

    def stored(self, email):
        return self.database.execute("SELECT password_hash FROM users WHERE email = ?", (email,)).fetchone()[0]

    def log_in(self, email, password):
        data = json.dumps({"email": email, "password": password}).encode()
        request = urllib.request.Request(f"{self.url}/auth/login", data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code


def check(server, email, password, old):
    server.store(email, old)
    for wrong in ["", f"{password[:-1]}_", password.upper(), f"{password}\0{password}", old]:
        # bcrypt reads 72 bytes.
        if wrong.encode()[:72] != password.encode()[:72]:
            assert server.log_in(email, wrong) == 401, f"{old} accepts {wrong!r}"
    assert server.stored(email) == old, f"{old} was replaced by a wrong password"
    assert server.log_in(email, password) == 200, f"{old} refuses its password"
    new = server.stored(email)
    assert new.startswith(NEW_HASH), f"{old} was replaced by {new}"
    assert passlib_argon2.verify(password, new), f"passlib refuses {new}"
    assert server.log_in(email, password) == 200
    assert server.log_in(email, f"{password}_") == 401, "only a prefix of the password counts"
    assert server.stored(email) == new, "a current hash was replaced"


def check_refused(server, name, password_hash):
    """A hash above the limits matches no password, and the log names its scheme."""
    email = f"{name}@example.com"
    server.store(email, password_hash)
    assert server.log_in(email, "TestPass123!") == 401, password_hash
    assert server.stored(email) == password_hash
    assert any("not supported or above the limits" in line for line in server.log), server.log


with tempfile.TemporaryDirectory() as directory, Server(directory) as server:
    for number, password in enumerate(PASSWORDS):
        for name, old in hashes(password):
            check(server, f"{name.replace(' ', '-')}-{number}@example.com", password, old)
    check(server, "cost-12@example.com", "TestPass123!", bcrypt.hash("TestPass123!"))
    expensive = bcrypt.using(rounds=4).hash("TestPass123!").replace("$04$", "$15$")
    check_refused(server, "bcrypt-15", expensive)
    expensive = passlib_argon2.using(memory_cost=1024, rounds=1, parallelism=1).hash("TestPass123!")
    check_refused(server, "argon2-2-gib", expensive.replace("m=1024,t=1", "m=2097152,t=1"))
    count = server.database.execute("SELECT count(*) FROM users WHERE password_hash LIKE ?", (f"{NEW_HASH}%",))
    print(f"{count.fetchone()[0]} accounts with hashes of passlib logged in and have new hashes")
