"""The server: what it refuses, that the newest request of a page wins, and how it ends."""

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from sim.cli import main
from sim.live import server as live_server
from tests.support.live_server import ROOT, live

CASE = "valence-2002"
HEAVY = {"policy.cadence": "daily"}


@pytest.fixture(scope="module")
def server():
    with live(CASE, "--port", 8840) as running:
        yield running


# --- what is refused ---


def test_the_page_loads_nothing_from_elsewhere(server):
    status, text, headers = server.ask("GET", f"/?token={server.token}", Authorization=None)
    assert status == 200
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "'unsafe" not in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert server.token not in text


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Authorization": None}, "token"),
        ({"Authorization": "Bearer wrong"}, "token"),
        ({"Authorization": "Bearer "}, "token"),
        ({"Authorization": "Bearer \xe9"}, "token"),
        ({"Host": "example.com"}, "Host"),
        ({"Host": "127.0.0.1:1"}, "Host"),
        ({"Host": "127.0.0.1.example.com:8840"}, "Host"),
        ({"Origin": "http://example.com"}, "Origin"),
        ({"Origin": "null"}, "Origin"),
        ({"Origin": "https://127.0.0.1:8840"}, "Origin"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/numbers"), ("POST", "/case.toml")])
def test_only_the_page_itself_is_answered(server, method, path, headers, said):
    status, text, _ = server.ask(method, path, '{"values": {}}' if method == "POST" else None, **headers)
    assert (status, text.partition(":")[0]) == (403, said)
    assert "Valence" not in text


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/sim/live/live.js", "//etc/passwd"],
)
def test_no_file_is_served(server, path):
    status, text, _ = server.ask("GET", path)
    assert (status, text) == (404, "Not Found")
    assert server.ask("GET", path, Authorization=None)[0] == 403


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_ten_megabytes_is_refused(server, chunked):
    size = 10_000_000
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    names = f"Host: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.token}\r\n{length}"
    head = f"POST /numbers HTTP/1.1\r\n{names}\r\n\r\n"
    before = server.memory()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall(head.encode())
        try:
            for _ in range(100):
                wire.sendall(b"186a0\r\n" * chunked + b" " * (size // 100) + b"\r\n" * chunked)
        except OSError:
            pass  # the server has closed its end
        answer = wire.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413")
    assert server.memory() - before < 5_000_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"values": {"price.volatility": NaN}}', "live: price.volatility = nan: must be a number from 0.475 to 1.9"),
        ('{"values": {"price.volatility": 7}}', "live: price.volatility = 7: must be a number from 0.475 to 1.9"),
        ('{"values": {"price.volatility": 1e999}}', "live: price.volatility = inf: must be a number"),
        ('{"values": {"company.name": "x"}}', 'live: company.name = "x": must be the key of a control'),
        ('{"values": []}', "values: must be an object"),
        ('{"page": 7}', "page: must be a text of at most 64 characters"),
        ("[1]", "body: must be an object"),
        ("not JSON", "body: must be JSON"),
        ("[" * 60_000, "body: must be JSON"),
        ('"\\ud800"', "body: must be an object"),
    ],
)
@pytest.mark.parametrize("path", ["/numbers", "/case.toml"])
def test_what_cannot_be_used_is_one_line(server, path, body, said):
    status, text, _ = server.ask("POST", path, body)
    assert status == 422
    assert text.startswith(said)
    assert "\n" not in text


def test_the_address_is_that_of_this_machine_alone():
    with live_server.free_socket(8860) as opened:
        assert opened.getsockname()[0] == "127.0.0.1"


# --- answers ---


def test_numbers_come_finer_and_finer(server):
    found = server.numbers({"price.volatility": 0.8})
    assert [each["paths"] for each in found] == [20_000, 49_152, 114_688, 200_000]
    assert found[-1]["settings"] == ["price.volatility=0.8"]


def test_the_changed_case_is_sent(server):
    status, text, _ = server.ask("POST", "/case.toml", {"values": {"price.volatility": 0.8}})
    assert status == 200
    assert "\nvolatility = 0.8  # changed on the what-if page\n" in text


def test_two_pages_at_once_have_their_own_numbers(server):
    found = {}

    def ask(page, volatility):
        found[page] = server.numbers({"price.volatility": volatility}, page)[-1]["command"]

    threads = [threading.Thread(target=ask, args=(page, v)) for page, v in (("a", 0.8), ("b", 0.9))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {page: "0.8" in words for page, words in found.items()} == {"a": True, "b": False}


def test_many_changes_leave_no_memory_and_no_queue(server):
    server.numbers(HEAVY)
    before = server.memory()
    begun = [server.begin({"price.volatility": 0.5 + 0.01 * n} | HEAVY) for n in range(60)]
    last = time.monotonic()
    lines = begun[-1].read().splitlines()
    waited = time.monotonic() - last
    assert json.loads(lines[-1])["paths"] == 200_000
    assert sum(len(each.read().splitlines()) for each in begun[:-1]) < 59 * 4
    alone = time.monotonic()
    server.numbers({"price.volatility": 0.6} | HEAVY)
    assert waited < 3.0 * (time.monotonic() - alone) + 1.0
    assert server.memory() - before < 150_000_000


def test_the_newest_request_of_a_page_ends_the_one_before():
    async def story():
        page = live_server._Page()
        live_ = live_server.Live.__new__(live_server.Live)
        seen = {}

        async def read(name, stopped):
            def documents():
                while not stopped.wait(0.01):
                    yield name

            async for text in live_._stream(page, documents(), stopped):
                seen[text] = seen.get(text, 0) + 1

        tasks = []
        for name in "abcd":
            tasks.append(asyncio.create_task(read(name, page.newer())))
            await asyncio.sleep(0.05 if name == "a" else 0)
        await asyncio.sleep(0.3)
        running = [name for name, task in zip("abcd", tasks, strict=True) if not task.done()]
        page.newest.set()
        await asyncio.wait(tasks, timeout=5)
        return seen, running, page.slots._value

    seen, running, free = asyncio.run(story())
    assert running == ["d"]
    assert set(seen) == {"a", "d"}
    assert free == live_server.AT_ONCE


def test_pages_that_have_gone_are_forgotten():
    live_ = live_server.Live.__new__(live_server.Live)
    live_.pages = live_server.OrderedDict()

    async def many():
        events = [live_._page(str(n)).newer() for n in range(40)]
        return [event.is_set() for event in events]

    ended = asyncio.run(many())
    assert len(live_.pages) == live_server.MOST_PAGES == ended.count(False)


def test_an_error_inside_an_answer_is_told():
    def documents():
        yield "one"
        raise ZeroDivisionError("by 0")

    async def read():
        stream = live_server.Live._stream(SimpleNamespace(), live_server._Page(), documents(), threading.Event())
        return [each async for each in stream]

    one, told = asyncio.run(read())
    assert (one, json.loads(told)) == ("one", {"problem": "no numbers: ZeroDivisionError: by 0"})


# --- the command ---


def test_ctrl_c_ends_it_with_a_run_in_flight():
    with live(CASE, "--port", 8870) as running:
        response = running.begin(HEAVY | {"company.cash": 2e7})
        response.readline()
        status, seconds = running.interrupt()
    assert status == 130
    assert seconds < 0.5
    assert running.said.splitlines()[-1] == "fundrisk: interrupted; the page has ended"
    assert "Traceback" not in running.said


def test_a_port_in_use_gives_way_to_the_next(server):
    with live(CASE, "--port", server.port) as other:
        assert other.port > server.port
        assert other.token != server.token
        assert server.ask("GET", "/", Authorization=f"Bearer {other.token}")[0] == 403
    assert f"port {server.port} is in use: {other.port} is taken instead" in other.said


def test_a_machine_without_a_browser_is_no_error(tmp_path):
    nothing = {"PATH": str(tmp_path), "BROWSER": "no-such-browser", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with live(CASE, "--port", 8880, "--open", env=nothing) as running:
        assert running.ask("GET", "/")[0] == 200
        time.sleep(0.5)
    assert "no browser could be opened" in running.said


def test_without_the_extra_one_line_says_what_to_install():
    code = (
        "import sys; sys.modules['uvicorn'] = None; from sim.cli import main; sys.exit(main(['live', 'valence-2002']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == 'live: needs the packages of an extra: pip install "fundrisk[live]"\n'


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
def test_other_ports_are_refused(capsys, port):
    assert main(["live", CASE, f"--port={port}"]) == 2
    assert f"--port = {port}: must be a whole number" in capsys.readouterr().err


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), OSError("no more"), MemoryError()])
def test_a_system_without_threads_is_said_in_one_line(monkeypatch, capsys, error):
    def refused(thread):
        if thread.name == "fundrisk server":
            raise error
        return start(thread)

    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", refused)
    assert main(["live", CASE, "--port", "8855"]) == 2
    said = "live: the page needs a thread of its own, and the system starts no more"
    assert capsys.readouterr().err.splitlines()[-1] == said
