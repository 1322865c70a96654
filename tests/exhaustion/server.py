"""The server under attack: a process of the real binary with its own directory and SQLite database."""

import asyncio
import html
import os
import pathlib
import re
import resource
import signal
import tempfile

from connection import Connection, Failure, each, until, within

PASSWORD = "TestPass123!"
# Each hash thread keeps its 19 MiB, so the number of cores must not decide about the memory.
HASH_THREADS = 2
# Any answer and the start. Generous, because other work may slow the machine down.
PATIENCE = 10
# A shutdown may take 10 s by contract.
SHUTDOWN = 20


class Server:
    """A running server."""

    def __init__(self, binary, directory, environment, files, unread_log):
        self.directory = pathlib.Path(directory.name)
        self._temporary = directory
        self._binary, self._files = binary, files
        self._environment = {"PORT": "0", "HASH_THREADS": str(HASH_THREADS), **environment}
        self._unread_log = unread_log
        self.tokens = {}
        self.process = None

    @classmethod
    async def start(cls, binary, environment=(), files=None, unread_log=False):
        """Starts a server with accounts and warm hash threads.

        `files` is its soft limit of file descriptors. With `unread_log`, its log goes into a pipe that nobody reads.
        """
        server = cls(binary, tempfile.TemporaryDirectory(), dict(environment), files, unread_log)
        try:
            await server._launch()
            for name in ("witness", "visitor", "attacker"):
                server.tokens[name] = await server.register(name)
            await each(range(4 * HASH_THREADS), lambda _: server.log_in("visitor"))
        except BaseException:
            await server.kill()
            raise
        server.idle_memory = server._memory("VmRSS")
        server._idle_sockets = server._sockets()
        # Starts the measurement of VmHWM anew (proc(5), clear_refs).
        pathlib.Path(f"/proc/{server.pid}/clear_refs").write_text("5")
        return server

    async def _launch(self):
        if self._unread_log:
            self._log, write = os.pipe()
            os.set_blocking(self._log, False)
        else:
            write = os.open(self.directory / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            self._log = os.open(self.directory / "log", os.O_RDONLY)
        # The kernel ends it with this script. Nothing of the caller's environment configures it.
        command = ["setpriv", "--pdeathsig", "KILL", self._binary]
        if self._files:
            command = ["prlimit", f"--nofile={self._files}:", *command]
        self.process = await asyncio.create_subprocess_exec(
            *command, cwd=self.directory, env=self._environment, stdin=asyncio.subprocess.DEVNULL, stderr=write
        )
        os.close(write)
        self.pid = self.process.pid
        log = ""

        def listens():
            nonlocal log
            log += self.read_log()
            return "listening on " in log or self.process.returncode is not None

        await until(listens, 6 * PATIENCE, "the server starts")
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", log)
        if not found:
            raise Failure(f"The server did not start:\n{log}")
        self.port = int(found[1])

    async def ask(self, method, path, name=None, **options):
        """Sends a request on a new connection, with the token of an account."""

        async def answer():
            async with await Connection.open(self.port) as connection:
                return await connection.ask(method, path, self.tokens.get(name), **options)

        return await within(PATIENCE, answer(), f"{method} {path} is answered")

    async def register(self, name):
        """Registers an account and returns its access token."""
        return await self._sign_in("/auth/register", name, 201)

    async def log_in(self, name):
        """Logs an account in and returns its access token."""
        return await self._sign_in("/auth/login", name, 200)

    async def _sign_in(self, path, name, expected):
        response = await self.ask("POST", path, body=credentials(name))
        if response.status != expected:
            raise Failure(f"POST {path} is {response.status}: {response.body}")
        return response.json()["access_token"]

    async def large_file(self):
        """Returns the path of the largest response, 1.6 MB."""
        page = await self.ask("GET", "/docs")
        return re.search(r'src="(/docs/swagger-ui\S+\.js)"', html.unescape(page.body.decode()))[1]

    def read_log(self):
        """Returns what was logged since the last call."""
        read = b""
        try:
            while data := os.read(self._log, 1 << 16):
                read += data
        except BlockingIOError:
            pass
        return read.decode()

    def peak_memory(self):
        """Returns the memory that the server has used above idle, in MB."""
        return (self._memory("VmHWM") - self.idle_memory) / 1024

    def _memory(self, field):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1])

    def connections(self):
        """Returns the number of connections that the server holds."""
        return self._sockets() - self._idle_sockets

    def _sockets(self):
        count = 0
        for file in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                count += os.readlink(file).startswith("socket:")
            except FileNotFoundError:
                pass
        return count

    def limit_files(self, further):
        """Allows the server only so many further file descriptors. Returns a function that restores the limit."""
        limits = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{self.pid}/fd"))
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (used + further, limits[1]))
        return lambda: resource.prlimit(self.pid, resource.RLIMIT_NOFILE, limits)

    async def stop(self):
        """Ends the server by SIGTERM, which must work after every attack."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        code = await within(SHUTDOWN, self.process.wait(), "the server ends after SIGTERM")
        if code != 0:
            raise Failure(f"the server ended with {code}")
        if "panic" in self.read_log():
            raise Failure("the server logged a panic")

    async def kill(self):
        """Ends the server in any case and deletes its directory."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        os.close(self._log)
        self._temporary.cleanup()


def credentials(name):
    """Returns the body of a login of an account."""
    return {"email": f"{name}@example.com", "password": PASSWORD}
