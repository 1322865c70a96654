"""Exchanges access tokens between the server and two other libraries, for each algorithm. scripts/check-interop runs it."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import jose.jwt
import jwt

BINARY = pathlib.Path(sys.argv[1]).resolve()
SECRET = "a secret that both sides share and of enough bytes for each of the HMAC algorithms."
PASSWORD = "TestPass123!"


class Server:
    """A server in its own directory, with an account."""

    def __init__(self, directory, environment):
        self.process = subprocess.Popen(
            [BINARY], cwd=directory, env={"PORT": "0", **environment}, stderr=subprocess.PIPE, text=True
        )
        for line in self.process.stderr:
            if found := re.search(r"listening on (http://\S+?),", line):
                self.url = found[1]
                break
        account = {"email": "test@example.com", "password": PASSWORD}
        self.token = self.call("POST", "/auth/register", body=account)[1]["access_token"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def call(self, method, path, token=None, body=None):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def accepts(self, token):
        return self.call("GET", "/auth/me", token)[0] == 200


def check(algorithm, directory):
    environment = {"JWT_ALGORITHM": algorithm}
    signing = verifying = SECRET
    if algorithm.startswith("HS"):
        environment["JWT_SECRET"] = SECRET
    else:
        generate = [BINARY, "keys", "generate", "--algorithm", algorithm, "--out", "key.pem"]
        subprocess.run(generate, cwd=directory, env={}, check=True)
        environment["JWT_PRIVATE_KEY_FILE"] = "key.pem"
        signing = (directory / "key.pem").read_text()
    with Server(directory, environment) as server:
        if not algorithm.startswith("HS"):
            keys = server.call("GET", "/.well-known/jwks.json")[1]
            (key,) = jwt.PyJWKSet.from_dict(keys).keys
            verifying = key.key
            assert key.key_id == jwt.get_unverified_header(server.token)["kid"]
        # The libraries accept the server's token.
        claims = jwt.decode(server.token, verifying, algorithms=[algorithm], issuer="pm-interview-coach")
        assert set(claims) == {"iss", "sub", "sid", "jti", "iat", "exp"}, claims
        header = jwt.get_unverified_header(server.token)
        libraries = [("PyJWT", jwt.encode)]
        if algorithm != "EdDSA":  # python-jose does not support it
            shared = keys["keys"][0] if algorithm == "ES256" else SECRET
            assert jose.jwt.decode(server.token, shared, algorithms=[algorithm]) == claims
            libraries.append(("python-jose", jose.jwt.encode))
        # The server accepts valid tokens of the libraries and refuses invalid ones.
        for name, encode in libraries:
            def made(header=header, **changes):
                return encode({**claims, **changes}, signing, algorithm=algorithm, headers=header)

            assert server.accepts(made()), f"{name} {algorithm}"
            wrong = {
                "another type": made({**header, "typ": "JWT"}),
                "another key id": made({**header, "kid": "x"}),
                "a critical extension": made({**header, "crit": ["x"], "x": 1}),
                "another issuer": made(iss="elsewhere"),
                "another user": made(sub="2"),
                "an expired token": made(exp=claims["iat"] - 1),
                "a token that is not valid yet": made(nbf=claims["exp"] + 3600),
            }
            for what, token in wrong.items():
                assert not server.accepts(token), f"{name} {algorithm}: {what}"
        print(f"{algorithm}: {' and '.join(name for name, _ in libraries)} and the server accept each other's tokens")


for algorithm in ["HS256", "HS384", "HS512", "EdDSA", "ES256"]:
    with tempfile.TemporaryDirectory() as directory:
        check(algorithm, pathlib.Path(directory))
