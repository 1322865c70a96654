"""Runs wrk."""

import dataclasses
import json
import os
import pathlib
import subprocess

from programs import PEOPLE, PERSON

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Result:
    requests: int
    microseconds: int
    refused: int  # responses with a status of 400 or more
    failed: int  # broken connections and timeouts
    p50: int  # microseconds
    p99: int

    @property
    def rate(self):
        """Successful requests a second."""
        return (self.requests - self.refused) / (self.microseconds / 1e6)

    def without_errors(self):
        """Returns the result, or fails if any request failed."""
        if self.refused or self.failed:
            raise SystemExit(f"{self.refused} requests were refused and {self.failed} failed")
        return self


class Load:
    """A run of wrk that has begun. Connections are kept alive. Each sends its next request after a response."""

    def __init__(self, url, *, connections, seconds, script="report.lua", headers=(), **variables):
        threads = min(2, connections)
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s"]
        command += ["-s", HERE / script, *(part for header in headers for part in ("-H", header)), url]
        environment = {**os.environ, "REPORT": str(HERE / "report.lua"), **variables}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    def result(self):
        """Waits for the end."""
        output, _ = self.process.communicate()
        for line in output.splitlines():
            if line.startswith("RESULT "):
                return Result(**json.loads(line.removeprefix("RESULT ")))
        raise SystemExit(f"wrk failed:\n{output}")


def me(program, connections, seconds):
    """Measures GET /auth/me."""
    load = Load(program.url + "/auth/me", connections=connections, seconds=seconds, headers=[program.credential])
    return load.result().without_errors()


def log_in(program, connections, seconds):
    """Begins to log in as many people."""
    return post(program, "/auth/login", PERSON, connections, seconds, NUMBERS=str(PEOPLE))


def post(program, path, body, connections, seconds, **variables):
    """Begins to send `body`. See post.lua."""
    url = program.url + path
    body = json.dumps(body)
    return Load(url, connections=connections, seconds=seconds, script="post.lua", BODY=body, **variables)
