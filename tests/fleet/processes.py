"""Throwaway processes on 127.0.0.1: servers, PostgreSQL, PgBouncer, nginx and Caddy."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECRET = "a secret of the fleet that has more than thirty-two bytes"
HOST = "coach.example.com"
# Any start or stop. Generous, because other work may slow the machine down.
PATIENCE = 60


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def until(condition, what, seconds=PATIENCE):
    """Waits for a condition and returns its first true value."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s not yet: {what}")
        time.sleep(0.02)


def status(url):
    """Returns the status of a GET, or None if there is no response."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            return response.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Process:
    """A process in its own group. Its output goes to a file."""

    running = []

    def __init__(self, command, log, **options):
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdout=output, stderr=output, start_new_session=True, **options
            )
        Process.running.append(self)

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        """Kills the whole group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks the process to end, and returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def kill_all():
    """Kills what a case has left."""
    while Process.running:
        Process.running.pop().kill()


class Coach(Process):
    """The server, on a port that it keeps when it is started again."""

    BINARY = pathlib.Path(os.environ.get("BINARY", ROOT / "target/debug/pm-interview-coach")).resolve()

    def __init__(self, directory, database_url, port=None, **environment):
        self.port = port or free_port()
        environment = {
            "DATABASE_URL": database_url,
            "JWT_SECRET": SECRET,
            "PORT": str(self.port),
            "PUBLIC_URL": f"https://{HOST}",
            "TRUSTED_PROXIES": "127.0.0.1",
            **environment,
        }
        super().__init__([self.BINARY], directory / f"coach-{self.port}.log", cwd=directory, env=environment)
        self.again = lambda: Coach(directory, database_url, self.port, **environment)

    def ready(self):
        """Waits until the server serves requests."""
        until(lambda: self.process.poll() is not None or self.get("/readyz") == 200, f"{self.log} is ready")
        assert self.process.poll() is None, self.log.read_text()
        return self

    def get(self, path):
        return status(f"http://127.0.0.1:{self.port}{path}")


def as_postgres(command):
    """Returns the command as the user postgres if this is root, which PostgreSQL refuses."""
    if os.geteuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
    return list(command)


def own(directory):
    """Gives a directory to the user of PostgreSQL."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "postgres", directory], check=True)


class Postgres:
    """A PostgreSQL server."""

    PROGRAMS = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))

    def __init__(self, directory, primary=None):
        self.directory, self.port, self.process = directory, free_port(), None
        self.directory.mkdir()
        own(self.directory)
        if primary:
            copy = ["-h", "127.0.0.1", "-p", primary.port, "-U", "postgres", "-D", self.data, "-R", "-X", "stream"]
            self.run("pg_basebackup", *copy, "--checkpoint=fast", "--no-sync")
        else:
            self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync")

    @property
    def data(self):
        return self.directory / "data"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"postgres://postgres@{self.address}/postgres"

    def run(self, program, *arguments):
        command = as_postgres([self.PROGRAMS / program, *arguments])
        subprocess.run([str(word) for word in command], check=True, capture_output=True, cwd="/")

    def start(self, environment=None, **settings):
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.directory, **settings}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [self.PROGRAMS / "postgres", "-D", self.data, "-p", self.port, *options]
        log = self.directory.parent / f"postgres-{self.port}.log"
        self.process = Process(as_postgres(command), log, cwd="/", env={**os.environ, **(environment or {})})
        until(lambda: self.sql("SELECT 1") == "1", f"PostgreSQL on {self.port} answers")
        return self

    def sql(self, statement):
        """Returns the output of psql, or None if it failed."""
        command = [self.PROGRAMS / "psql", "-X", "-At", "-d", self.url, "-c", statement]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def session(self):
        """Returns a psql that reads statements from its standard input."""
        command = [self.PROGRAMS / "psql", "-X", "-At", "-d", self.url, "-v", "ON_ERROR_STOP=1"]
        return subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def stop(self):
        """Ends the connections and stops."""
        self.process.signal(signal.SIGINT)
        self.process.process.wait(PATIENCE)


def pgbouncer(directory, postgres, pool_size):
    """Starts a PgBouncer in transaction mode. Returns its process and its URL."""
    directory.mkdir()
    own(directory)
    port = free_port()
    (directory / "users.txt").write_text('"postgres" ""\n')
    (directory / "pgbouncer.ini").write_text(f"""\
[databases]
postgres = host=127.0.0.1 port={postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {directory}/users.txt
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
""")
    command = as_postgres(["pgbouncer", directory / "pgbouncer.ini"])
    process = Process(command, directory.parent / "pgbouncer.log", cwd="/")
    until(lambda: listens(port), "PgBouncer listens")
    return process, f"postgres://postgres@127.0.0.1:{port}/postgres"


def certificate(directory):
    """Makes a certificate for the example host."""
    names = ["-keyout", directory / "key.pem", "-out", directory / "certificate.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST}", *names]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return directory / "certificate.pem"


def replaced(text, replacements):
    """Replaces each text, which must occur."""
    for old, new in replacements.items():
        assert old in text, f"{old!r} is not in the sample"
        text = text.replace(old, new)
    return text


class Nginx(Process):
    """nginx with the sample configuration in deploy/."""

    def __init__(self, directory, servers, replacements=None):
        self.http, self.https = free_port(), free_port()
        self.certificate = certificate(directory)
        sample = (ROOT / "deploy/nginx/pm-interview-coach.conf").read_text()
        server = "server 127.0.0.1:8002"
        line = next(line for line in sample.splitlines() if line.strip().startswith(server))
        lines = [line.replace("8002", str(coach.port)) for coach in servers]
        sample = replaced(
            sample,
            {
                line: "\n".join(lines),
                "    listen [::]:80;\n": "",
                "    listen [::]:443 ssl http2;\n": "",
                "listen 80;": f"listen 127.0.0.1:{self.http};",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{self.https} ssl http2;",
                f"/etc/ssl/{HOST}/fullchain.pem": str(self.certificate),
                f"/etc/ssl/{HOST}/privkey.pem": str(directory / "key.pem"),
                **(replacements or {}),
            },
        )
        (directory / "sample.conf").write_text(sample)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n".join(f"{kind}_temp_path {directory}/{kind};" for kind in kinds)
        user = "user root;" if os.geteuid() == 0 else ""
        (directory / "nginx.conf").write_text(f"""\
{user}
daemon off;
worker_processes 2;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log info;
events {{ worker_connections 1024; }}
http {{
access_log {directory}/nginx-access.log;
{temporary}
include {directory}/sample.conf;
}}
""")
        super().__init__(["nginx", "-c", directory / "nginx.conf", "-e", directory / "nginx-error.log"], directory / "nginx.log")
        until(lambda: self.process.poll() is not None or listens(self.https), "nginx listens")
        assert self.process.poll() is None, self.log.read_text()
