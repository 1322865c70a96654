"""Builds, starts and stops the programs that are compared. Each serves the same routes."""

import contextlib
import http.client
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
PEERS = ROOT / "benches" / "peers"
ACCOUNT = {"email": "test@example.com", "password": "TestPass123!", "full_name": "Test User"}
# Many people log in, because logins of one account wait for each other. The account of `me` is another one, because a login
# may end the oldest session of its account.
PEOPLE = 32
PERSON = {"email": "person-%d@example.com", "password": ACCOUNT["password"]}
SECRET = "a secret that signs the tokens of a benchmark"
# The kernel ends a program when this script dies.
DIE_TOGETHER = ["setpriv", "--pdeathsig", "KILL"]


class Program:
    """A server on a free port in an empty directory."""

    name = ""
    key = ""  # names it in results.json and in the plot

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.directory = pathlib.Path(tempfile.mkdtemp())
        self.credential = None
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def prepare(self):
        """Makes what the program expects to find."""

    def start(self):
        """Starts the program and returns the seconds until the first response."""
        environment = {"PATH": os.environ["PATH"], **self.environment()}
        with open(self.directory / "log", "ab") as log:
            started = time.perf_counter()
            self.process = subprocess.Popen(
                [*DIE_TOGETHER, *map(str, self.command())], cwd=self.directory, env=environment, stdout=log, stderr=log
            )
        while True:
            try:
                self.call("GET", "/auth/me")
                return time.perf_counter() - started
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(f"{self.name} did not start:\n{(self.directory / 'log').read_text()}")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    def call(self, method, path, body=None):
        """Returns the status, the headers and the body of the response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def register(self, account=ACCOUNT):
        """Makes an account and returns its credential as a header."""
        status, headers, body = self.call("POST", "/auth/register", account)
        if status != 201:
            raise SystemExit(f"{self.name} did not register the account: {status} {body}")
        return self.credential_of(headers, body)

    def register_people(self):
        """Makes the accounts that log in."""
        for number in range(PEOPLE):
            self.register({**PERSON, "email": PERSON["email"] % number})

    def credential_of(self, _headers, body):
        return f"Authorization: Bearer {json.loads(body)['access_token']}"

    def memory(self, field):
        """Returns VmRSS or VmHWM of the program and its child processes in MB."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        total = 0
        for process in [self.process.pid, *children]:
            for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith(field):
                    total += int(line.split()[1])
        return total / 1024


class Server(Program):
    """The product. Subclasses choose the database."""

    binaries = None  # the directory of the build
    more_connections = 0

    def command(self):
        return [self.binaries / "pm-interview-coach"]

    def environment(self):
        environment = {"PORT": str(self.port), "JWT_SECRET": SECRET, "DATABASE_URL": self.database_url()}
        if self.more_connections:
            environment["MAX_CONNECTIONS"] = str(self.more_connections)
        return environment


class OnSqlite(Server):
    name, key = "this server, SQLite", "sqlite"

    def database_url(self):
        return f"sqlite:///{self.directory}/coach.db"


class OnPostgres(Server):
    name, key = "this server, PostgreSQL", "postgres"
    database = None

    def prepare(self):
        self.database = f"benchmark_{self.port}"
        psql(os.environ["POSTGRES_URL"], f"CREATE DATABASE {self.database}")

    def database_url(self):
        return f"{os.environ['POSTGRES_URL'].rpartition('/')[0]}/{self.database}"


class BareRoute(Program):
    name, key = "bare Poem route", "bare"
    binaries = None

    def command(self):
        return [self.binaries / "examples" / "bare_route", f"127.0.0.1:{self.port}"]

    def register(self, account=ACCOUNT):
        return "Accept: */*"


class Axum(Program):
    name, key = "axum, sqlx", "axum"
    binary = None

    def command(self):
        return [self.binary, f"127.0.0.1:{self.port}", self.directory / "peer.db"]

    def credential_of(self, headers, _body):
        return "Cookie: " + headers["Set-Cookie"].partition(";")[0]


class Python(Program):
    name, key = "FastAPI, SQLAlchemy", "python"
    environment_directory = TARGET / "peers" / "python"

    def prepare(self):
        shutil.copy(PEERS / "python" / "app.py", self.directory)
        subprocess.run([self.environment_directory / "bin" / "python", "app.py"], cwd=self.directory,
                       env=self.environment(), check=True)

    def environment(self):
        return {"DATABASE": f"{self.directory}/peer.db", "JWT_SECRET": SECRET}

    def command(self):
        uvicorn = self.environment_directory / "bin" / "uvicorn"
        return [uvicorn, "app:app", "--workers", "2", "--port", self.port, "--no-access-log", "--log-level", "warning"]


@contextlib.contextmanager
def running(*kinds):
    """Starts new programs of these kinds, each with the account, and stops them at the end."""
    programs = []
    try:
        for kind in kinds:
            programs.append(kind())
            programs[-1].prepare()
            programs[-1].start()
            programs[-1].credential = programs[-1].register()
        yield programs
    finally:
        for program in programs:
            program.stop()
            shutil.rmtree(program.directory)


def psql(url, sql):
    output = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url, "-c", sql], check=True, stdout=subprocess.PIPE)
    return output.stdout.decode()


def build_server(short):
    """Builds the product and its examples, as debug builds if `short`."""
    profile = [] if short else ["--release"]
    cargo = ["cargo", "build", "--quiet", "-p", "coach-server", "-p", "coach-argon2"]
    cargo += ["--bin", "pm-interview-coach", "--example", "bare_route", "--example", "hash_rate"]
    subprocess.run([*cargo, *profile], cwd=ROOT, check=True)
    Server.binaries = BareRoute.binaries = TARGET / ("debug" if short else "release")


def build_peers(short):
    """Builds the axum peer and installs the packages of the Python peer."""
    target = TARGET / "peers" / "axum"
    # The flags in .cargo/config.toml are for the SQLite of the product.
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "LIBSQLITE3_FLAGS": ""}
    profile = [] if short else ["--release"]
    subprocess.run(["cargo", "build", "--quiet", "--locked", *profile], cwd=PEERS / "axum", env=environment, check=True)
    Axum.binary = target / ("debug" if short else "release") / "axum-peer"

    directory = Python.environment_directory
    wanted = PEERS / "python" / "requirements.txt"
    installed = directory / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        shutil.rmtree(directory, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        pip = [directory / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", wanted]
        subprocess.run(pip, check=True)
        shutil.copy(wanted, installed)


def raise_file_limit():
    """Raises the number of open files for this process and the programs to the hard limit, and returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
