"""A server of the live page in a process of its own, and requests to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """A running `fundrisk live`; `said` is what it printed to standard error when it has ended."""

    def __init__(self, process, address):
        self.process, self.address = process, address
        self.port, self.token = urlsplit(address).port, address.partition("token=")[2]
        self.said = ""

    def ask(self, method, path, body=None, **headers):
        """Status and text of the response to a request with the token, unless `headers` say otherwise."""
        named = {"Authorization": f"Bearer {self.token}"} | {name.replace("_", "-"): v for name, v in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        text = json.dumps(body) if isinstance(body, dict) else body
        connection.request(method, path, text, {name: v for name, v in named.items() if v is not None})
        response = connection.getresponse()
        found = response.status, response.read().decode(), response.headers
        connection.close()
        return found

    def begin(self, values, page="a"):
        """A response to a request for numbers that has begun, for its lines."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({"page": page, "values": values})
        connection.request("POST", "/numbers", body, {"Authorization": f"Bearer {self.token}"})
        return connection.getresponse()

    def numbers(self, values, page="a"):
        """All answers to values of the controls."""
        status, text, _ = self.ask("POST", "/numbers", {"page": page, "values": values})
        assert status == 200, text
        return [json.loads(line) for line in text.splitlines()]

    def memory(self):
        """Bytes of memory that the process uses."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(status.partition("VmRSS:")[2].split()[0])

    def interrupt(self):
        """Ctrl-C: the exit status and the seconds until the end."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(20)
        return status, time.monotonic() - started


@contextmanager
def live(*words, env=None):
    """A server, which is ended afterwards."""
    command = [sys.executable, "-m", "sim", "live", *map(str, words)]
    environment = dict(os.environ, PYTHONPATH=str(ROOT)) | (env or {})
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), process.communicate(timeout=20)
        server = Server(process, address)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            said = process.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            said = process.communicate()[1]
    server.said = said
