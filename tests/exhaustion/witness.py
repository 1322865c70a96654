"""Another client, which an attack must not disturb. A process of its own, so that its times do not contain the attacker's.

Reads its task as a line of JSON: `port`, `token` for GET /auth/me, `credentials` for the login, `fresh` if each request of a
kind comes on a new connection, and `may_be_busy` if a login may be answered 503. Prints a line when every kind of request
was answered once. Then it goes on until its input ends, repeats each kind once more, and prints its report as JSON.
"""

import http.client
import json
import sys
import threading
import time

# Later answers are failures, in seconds. Far above any honest time, because the machine may be busy.
DEADLINE = 10
# The pauses between requests, in seconds. Short enough to see each hiccup, and no load by themselves.
BETWEEN_READS = 0.05
BETWEEN_LOGINS = 1


class Watch(threading.Thread):
    """Repeats one kind of request."""

    def __init__(self, task, stop, arguments, pause, fresh):
        super().__init__(daemon=True)
        self.task, self.stop, self.arguments, self.pause, self.fresh = task, stop, arguments, pause, fresh
        self.started = threading.Event()
        self.connection = None
        self.count = self.busy = 0
        self.slowest = 0.0
        self.failures = []

    def run(self):
        last = False
        while True:
            self.once()
            self.started.set()
            if last:
                return
            last = self.stop.wait(self.pause)

    def once(self):
        begun = time.monotonic()
        try:
            self.ask()
            if time.monotonic() - begun > DEADLINE:
                self.failures.append(f"answered after more than {DEADLINE} s")
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(repr(error))
            self.disconnect()
        self.count += 1
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def ask(self):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.task["port"], timeout=DEADLINE)
            self.connection.connect()
            # A kept connection that the server closes is a failure, and not replaced in silence.
            self.connection.auto_open = 0
        self.connection.request(*self.arguments)
        response = self.connection.getresponse()
        body = response.read()
        if self.fresh:
            self.disconnect()
        if response.status == 503 and self.is_login() and self.task["may_be_busy"]:
            if not (response.getheader("Retry-After") or "").isdigit():
                self.failures.append("503 without Retry-After")
            self.busy += 1
        elif response.status != 200:
            self.failures.append(f"{response.status} {body[:200].decode(errors='replace')}")

    def is_login(self):
        return self.arguments[0] == "POST"

    def disconnect(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def report(watches):
    failures = [failure for watch in watches for failure in watch.failures]
    return {
        "count": sum(watch.count for watch in watches),
        "busy": sum(watch.busy for watch in watches),
        "failures": len(failures),
        "first_failure": failures[0] if failures else None,
        "slowest": max(watch.slowest for watch in watches),
    }


def main():
    task = json.loads(sys.stdin.readline())
    stop = threading.Event()
    me = ("GET", "/auth/me", None, {"Authorization": f"Bearer {task['token']}"})
    login = ("POST", "/auth/login", json.dumps(task["credentials"]), {"Content-Type": "application/json"})
    watches = {
        "me": [Watch(task, stop, me, BETWEEN_READS, fresh) for fresh in {False, task["fresh"]}],
        "login": [Watch(task, stop, login, BETWEEN_LOGINS, task["fresh"])],
    }
    threads = [watch for kind in watches.values() for watch in kind]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.started.wait()
    print("ready", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({kind: report(of_kind) for kind, of_kind in watches.items()}))


if __name__ == "__main__":
    main()
