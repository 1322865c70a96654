"""Runs the real binary for the checks beside it, with Python's standard library alone."""

import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("BINARY", ROOT / "target/debug/pm-interview-coach")).resolve()
PASSWORD = "TestPass123!"


def require_binary():
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{BINARY} is not a program. Build it, or set BINARY.")


def run(directory, *arguments, **environment):
    """Runs a command of the binary to its end."""
    return subprocess.run(
        [BINARY, *arguments], cwd=directory, env={"PORT": "0", **environment}, capture_output=True, text=True
    )


class Server:
    """A server in a directory. Leaving its context kills it."""

    def __init__(self, directory, prefix=(), **environment):
        self.process = subprocess.Popen(
            [*prefix, BINARY], cwd=directory, env={"PORT": "0", **environment}, stderr=subprocess.PIPE, text=True
        )
        self.log = []
        self.url = None
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"listening on (http://\S+?),", line):
                self.url = found[1]
                break
        if self.url is None:
            raise RuntimeError(f"the server did not start: {''.join(self.log)}")
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def request(self, path, body=None, token=None, method=None):
        """Returns status, headers and body of a response."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        try:
            request = urllib.request.Request(self.url + path, data, headers, method=method)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def register(self, email, password=PASSWORD):
        return self.request("/auth/register", {"email": email, "password": password})

    def log_in(self, email, password=PASSWORD):
        """Logs in. Repeats while the password queue is full."""
        while True:
            answer = self.request("/auth/login", {"email": email, "password": password})
            if answer[0] != 503 or "/problems/busy" not in answer[2]:
                return answer
            time.sleep(0.1)
