"""Runs a command against a new server in an empty directory. The server's URL is the command's last argument.

Usage: with_server.py BINARY COMMAND [ARGUMENT]...
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import threading

# Makes the kernel kill child processes if this script dies before `finally`.
DIE_TOGETHER = ["setpriv", "--pdeathsig", "KILL"]


def run(binary, command, directory):
    """Returns the command's exit code and the server's log."""
    server = subprocess.Popen(
        [*DIE_TOGETHER, binary],
        cwd=directory,
        env={"PORT": "0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    log = []
    reader = threading.Thread(target=log.extend, args=[server.stderr])
    try:
        url = None
        while url is None and (line := server.stderr.readline()):
            log.append(line)
            if found := re.search(r"listening on (http://\S+?),", line):
                url = found[1]
        # A full pipe would block the server.
        reader.start()
        return subprocess.run([*DIE_TOGETHER, *command, url], timeout=60).returncode if url else 1, log
    finally:
        server.kill()
        server.wait()
        reader.join()


with tempfile.TemporaryDirectory() as directory:
    code, log = run(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:], directory)
if code != 0:
    sys.stderr.writelines(["The server's log:\n", *log])
sys.exit(code)
