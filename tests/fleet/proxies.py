"""The sample configurations of reverse proxies, with the real programs."""

import json
import os
import subprocess

from client import PASSWORD, Client
from processes import HOST, ROOT, Coach, Nginx, Process, certificate, free_port, listens, replaced, until

EMAIL = "test@example.com"
FORM = f"email={EMAIL.replace('@', '%40')}&password={PASSWORD.replace('!', '%21')}"
BROWSER = {"Accept": "text/html", "Origin": f"https://{HOST}"}
# The addresses that a client claims to have.
CLAIMS = {"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9"}


def nginx(directory, _short):
    """The sample of nginx: TLS, cookies, addresses of clients, redirects and limits."""
    coach = Coach(directory, "sqlite://coach.db").ready()
    proxy = Nginx(directory, [coach])
    check_pages(proxy.https, proxy.certificate)
    check_addresses(proxy.https, proxy.certificate, coach)
    check_plain_http(proxy.http)
    check_head_and_body_limits(proxy.https, proxy.certificate)
    versions = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.https}", "-alpn", "h2", "-servername", HOST],
        input="", capture_output=True, text=True, errors="replace",
    )
    assert "ALPN protocol: h2" in versions.stdout, versions.stdout
    check_request_limit(proxy.https, proxy.certificate)
    assert coach.stop() == 0
    proxy.stop()


def caddy(directory, _short):
    """The sample of Caddy: the same without request limits, which Caddy's own modules do not have."""
    coach = Coach(directory, "sqlite://coach.db").ready()
    http, https = free_port(), free_port()
    trusted = certificate(directory)
    sample = replaced(
        (ROOT / "deploy/caddy/Caddyfile").read_text(),
        {
            "127.0.0.1:8002 {": f"127.0.0.1:{coach.port} {{",
            "{\n\t# The http site": f"{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {http}\n\thttps_port {https}\n\t# The http site",
            f"https://{HOST} {{": f"https://{HOST} {{\n\ttls {trusted} {directory}/key.pem",
        },
    )
    (directory / "Caddyfile").write_text(sample)
    environment = {**os.environ, "HOME": str(directory)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", directory / "Caddyfile"]
    proxy = Process(command, directory / "caddy.log", env=environment)
    until(lambda: proxy.process.poll() is not None or listens(https), "Caddy listens")
    assert proxy.process.poll() is None, proxy.log.read_text()
    check_pages(https, trusted)
    check_addresses(https, trusted, coach)
    check_plain_http(http)
    assert coach.stop() == 0
    proxy.stop()


def check_pages(port, trusted):
    """A browser registers by the form, with a cookie for https alone."""
    client = Client(port, trusted)
    page = client.send("GET", "/auth/register", Accept="text/html")
    assert page.status == 200 and page.text.lower().startswith("<!doctype html>"), page
    assert "max-age=" in page.headers["Strict-Transport-Security"], page.headers
    answer = client.send("POST", "/auth/register", FORM, **BROWSER)
    cookie = answer.headers["Set-Cookie"]
    assert answer.status == 303 and answer.headers["Location"] == "/", answer
    assert cookie.startswith("__Host-pm_coach_session=") and "; Secure" in cookie and "HttpOnly" in cookie, cookie
    account = client.send("GET", "/account", Accept="text/html", Cookie=cookie.split(";")[0])
    assert account.status == 200 and EMAIL in account.text, account
    other = client.send("POST", "/auth/login", FORM, Accept="text/html", Origin="https://evil.example")
    assert other.status == 403, other


def check_addresses(port, trusted, coach):
    """Sessions show the address of the client, and no header changes it (ASVS 4.1.3)."""
    client = Client(port, trusted)
    login = client.send("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD}, **CLAIMS)
    token = login.json()["access_token"]
    sessions = client.send("GET", "/auth/sessions", token=token).json()["sessions"]
    assert [session["ip"] for session in sessions] == ["127.0.0.1"] * 2, sessions
    # The server believes the proxy: a request past it could claim any address.
    past = Client(coach.port)
    claimed = past.send("POST", "/auth/login", {"email": EMAIL, "password": PASSWORD}, **CLAIMS)
    sessions = past.send("GET", "/auth/sessions", token=claimed.json()["access_token"]).json()["sessions"]
    assert "203.0.113.9" in [session["ip"] for session in sessions], sessions


def check_plain_http(port):
    """Pages are redirected to https, and the API is refused (ASVS 4.1.2)."""
    client = Client(port)

    def send(method, path, body=None):
        client.connection.request(method, path, body, {"Host": HOST})
        response = client.connection.getresponse()
        response.read()
        return response.status, response.headers["Location"]

    for path in ("/", "/auth/login?next=%2Faccount", "/account"):
        assert send("GET", path) == (301, f"https://{HOST}{path}"), path
    for method, path in (("POST", "/auth/login"), ("GET", "/auth/me"), ("GET", "/api/sessions"), ("POST", "/auth/register")):
        assert send(method, path, b"{}" if method == "POST" else None) == (403, None), path


def check_head_and_body_limits(port, trusted):
    """Headers and bodies that the server takes pass the proxy, and larger ones are refused."""
    for size, status in ((20_000, 200), (40_000, 400)):
        headers = {f"X-Large-{number}": "x" * (size // 4) for number in range(4)}
        answer = Client(port, trusted).send("GET", "/healthz", **headers)
        assert answer.status == status, (size, answer.status)
    for size, status in ((60_000, 401), (70_000, 413)):
        body = {"email": EMAIL, "password": "wrong", "ignored": "x" * size}
        answer = Client(port, trusted).send("POST", "/auth/login", body)
        assert answer.status == status, (size, answer.status)


def check_request_limit(port, trusted):
    """Logins beyond the limit get 429, also in other spellings of the path, while other requests pass (ASVS 6.3.1)."""
    client = Client(port, trusted)
    wrong = {"email": EMAIL, "password": "wrong"}
    answers = [client.send("POST", path, wrong) for path in ("/auth/login", "//auth/./login", "/auth/%6cogin/") * 8]
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 8, [answer.status for answer in answers]
    problem = json.loads(refused[0].text)
    assert problem["status"] == 429 and int(refused[0].headers["Retry-After"]) > 0, refused[0]
    assert client.send("GET", "/auth/login", Accept="text/html").status == 200
