"""A client of the API, and load by many of them."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

from processes import HOST, PATIENCE

PASSWORD = "TestPass123!"


class Connection(http.client.HTTPSConnection):
    """A TLS connection to a port of this machine under the name of the example host."""

    def __init__(self, port, certificate):
        context = ssl.create_default_context(cafile=certificate)
        super().__init__(HOST, port, timeout=PATIENCE, context=context)
        self._tls = context

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=HOST)


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    def json(self):
        return json.loads(self.text)


class Client:
    """A client that keeps its connection: by TLS through a proxy, or to a server directly."""

    def __init__(self, port, certificate=None):
        self.connection = (
            Connection(port, certificate)
            if certificate
            else http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        )

    def send(self, method, path, body=None, token=None, **headers):
        """Sends a JSON body, or a form if it is text."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            form = isinstance(body, str)
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
            body = body if form else json.dumps(body)
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())

    def register(self, email):
        return self.send("POST", "/auth/register", {"email": email, "password": PASSWORD})

    def log_in(self, email, password=PASSWORD):
        return self.send("POST", "/auth/login", {"email": email, "password": password})


@dataclass
class Request:
    """A request that was sent, and its status, or the error of the connection."""

    what: str
    begun: float
    ended: float
    outcome: int | str


@dataclass
class Load:
    """Clients that register, log in and read their accounts, each one request after the other, until they are stopped."""

    new_client: callable
    clients: int = 6
    requests: list = field(default_factory=list)
    # Accounts whose registration was acknowledged.
    registered: list = field(default_factory=list)

    def __post_init__(self):
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        client, token, round_ = self.new_client(), None, 0
        while not self._stop.is_set():
            round_ += 1
            email = f"user{number}-{round_}-{time.monotonic_ns()}@example.com"
            body = {"email": email, "password": PASSWORD}
            answer = self._timed("register", client, "POST", "/auth/register", body)
            if answer is None:
                client = self.new_client()
            elif answer.status == 201:
                self.registered.append(email)
                token = answer.json()["access_token"]
            for _ in range(8):
                if token and not self._stop.is_set():
                    client = client if self._timed("me", client, "GET", "/auth/me", None, token) else self.new_client()
            if answer is not None and answer.status == 201:
                client = client if self._timed("login", client, "POST", "/auth/login", body) else self.new_client()
            elif answer is None or answer.status >= 500:
                # Does not spin while nothing works.
                self._stop.wait(0.05)

    def _timed(self, what, client, method, path, body, token=None):
        begun = time.monotonic()
        try:
            answer = client.send(method, path, body, token)
        except (OSError, http.client.HTTPException) as error:
            self.requests.append(Request(what, begun, time.monotonic(), repr(error)))
            with contextlib.suppress(OSError):
                client.connection.close()
            return None
        self.requests.append(Request(what, begun, time.monotonic(), answer.status))
        return answer

    def wait_for(self, count):
        """Waits until so many more requests have ended."""
        enough, deadline = len(self.requests) + count, time.monotonic() + PATIENCE
        while len(self.requests) < enough:
            assert time.monotonic() < deadline, f"only {len(self.requests)} of {enough} requests in {PATIENCE} s"
            time.sleep(0.02)

    def failures(self, expected=(200, 201)):
        return [request for request in self.requests if request.outcome not in expected]

    def summary(self):
        return f"{len(self.requests)} requests, {len(self.registered)} registrations"


def check_log_ins(emails, new_client):
    """Asserts that every account can log in."""
    client = new_client()
    for email in emails:
        answer = client.log_in(email)
        while answer.status == 503:
            time.sleep(0.1)
            answer = client.log_in(email)
        assert answer.status == 200, f"{email} was registered, but its login is answered with {answer}"
