"""The server of the page: on the loopback address alone, for the holder of the token in the address that is printed.

It serves one page, which loads nothing, and two answers: numbers, as a stream of documents that become finer, and the
changed case as TOML. A request with another host name or origin, or without the token, is refused before it is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
import threading
import webbrowser
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sim.engine.interrupts import NO_THREAD
from sim.live.engine import Engine
from sim.live.page import page_text, policy
from sim.live.shown import document
from sim.terms import CaseError

HOST = "127.0.0.1"
MOST_TRIED = 100  # ports
MOST_BYTES = 64 * 1024  # of a request's body
MOST_PAGES = 16
_POLL = 0.1  # seconds between two looks at whether the server has ended
#: Runs of one page at a time: the newest, and one that is about to leave.
AT_ONCE = 2
_HEADERS = {
    "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip


class Refused(Exception):
    """A request that cannot be used, with the status of the response."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Guard:
    """Passes on only requests that name this server, come from its page, carry its token and are of a modest size."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self.app, self.token = app, token.encode()
        self.hosts = {f"{name}:{port}" for name in (HOST, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"scope {scope['type']!r}: must be http")
        try:
            self.check(Headers(scope=scope), QueryParams(scope["query_string"]))
        except Refused as refused:
            await _plain(str(refused), refused.status)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def check(self, headers: Headers, query: QueryParams) -> None:
        """Raise `Refused` for a request that is not one of the page's own."""
        if headers.getlist("host") not in [[host] for host in self.hosts]:
            raise Refused(403, f"Host: must be {HOST} with the port of this server")
        if any(origin.removeprefix("http://") not in self.hosts for origin in headers.getlist("origin")):
            raise Refused(403, "Origin: must be this server")
        given = headers.get("authorization", "").removeprefix("Bearer ") or query.get("token", "")
        if not secrets.compare_digest(given.encode(), self.token):
            raise Refused(403, "token: must be the one of the address that fundrisk live printed")
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
            raise Refused(413, f"body: must be at most {MOST_BYTES} bytes")


class _Page:
    """What one open page waits for: its newest request, and how many of its runs have not ended."""

    def __init__(self) -> None:
        self.newest = threading.Event()
        self.slots = asyncio.Semaphore(AT_ONCE)

    def newer(self) -> threading.Event:
        """Tell the request before that nobody waits for it, and return the event that ends the next one."""
        self.newest.set()
        self.newest = threading.Event()
        return self.newest


class Live:
    """The answers to requests that the guard has let through."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.text, self.headers = page_text(engine), {**_HEADERS, "Content-Security-Policy": policy()}
        self.pages: OrderedDict[str, _Page] = OrderedDict()

    async def page(self, request: Request) -> Response:
        return HTMLResponse(self.text, headers=self.headers)

    async def numbers(self, request: Request) -> Response:
        try:
            name, values, narrow = _read(await _body(request))
            answers = self.engine.answers(values, (stopped := self._page(name).newer()).is_set)
        except (CaseError, Refused) as problem:
            return _refusal(problem)
        documents = (json.dumps(document(answer, narrow), allow_nan=False) + "\n" for answer in answers)
        return StreamingResponse(
            self._stream(self.pages[name], documents, stopped), media_type="application/x-ndjson", headers=_HEADERS
        )

    async def case(self, request: Request) -> Response:
        try:
            _, values, _ = _read(await _body(request))
            return _plain(self.engine.case.form.written(self.engine.text(values)), 200)
        except (CaseError, Refused) as problem:
            return _refusal(problem)

    def _page(self, name: str) -> _Page:
        """The page of a name; the one that has asked least lately is forgotten where there are too many."""
        page = self.pages.setdefault(name, _Page())
        self.pages.move_to_end(name)
        while len(self.pages) > MOST_PAGES:
            self.pages.popitem(last=False)[1].newest.set()
        return page

    async def _stream(self, page: _Page, documents: Iterator[str], stopped: threading.Event) -> AsyncIterator[str]:
        """Documents as a thread makes them. It ends soon after the reader has gone, or has asked for something else."""
        try:
            await page.slots.acquire()
            if stopped.is_set():  # a newer request has come while this one waited
                page.slots.release()
                return
            loop, made = asyncio.get_running_loop(), asyncio.Queue[str | None]()

            def tell(call: Callable[..., Any], *given: Any) -> None:
                with contextlib.suppress(RuntimeError):  # the server has ended
                    loop.call_soon_threadsafe(call, *given)

            def work() -> None:
                try:
                    for text in documents:
                        tell(made.put_nowait, text)
                except Exception as error:  # a fault of the program, which the page shows
                    tell(
                        made.put_nowait, json.dumps({"problem": f"no numbers: {type(error).__name__}: {error}"}) + "\n"
                    )
                finally:
                    tell(made.put_nowait, None)
                    tell(page.slots.release)

            threading.Thread(target=work, name="fundrisk live", daemon=True).start()
            while (text := await made.get()) is not None:
                yield text
        finally:
            stopped.set()


def app_of(engine: Engine, port: int, token: str) -> ASGIApp:
    """The application of a page, for one port and token."""
    live = Live(engine)
    routes = [
        Route("/", live.page, methods=["GET"]),
        Route("/numbers", live.numbers, methods=["POST"]),
        Route("/case.toml", live.case, methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes), port, token)


async def _body(request: Request) -> bytes:
    """The body, as long as it is not too long."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise Refused(413, f"body: must be at most {MOST_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)


def _read(body: bytes) -> tuple[str, dict[str, Any], bool]:
    """The page's name, the values of its controls, and whether its charts are narrow."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(422, "body: must be JSON") from None
    if not isinstance(given, Mapping):
        raise Refused(422, "body: must be an object")
    name, values, narrow = given.get("page", ""), given.get("values", {}), given.get("narrow", False)
    if not isinstance(name, str) or len(name) > 64:
        raise Refused(422, "page: must be a text of at most 64 characters")
    if not isinstance(values, dict):
        raise Refused(422, "values: must be an object")
    return name, values, narrow is True


def _refusal(problem: Exception) -> Response:
    return _plain(str(problem), problem.status if isinstance(problem, Refused) else 422)


def _plain(text: str | bytes, status: int) -> Response:
    return PlainTextResponse(text, status, _HEADERS)


# --- the process -----------------------------------------------------------------------------------------------------


class _Server(uvicorn.Server):
    """A server that says when it has begun."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self.begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun()


def free_socket(port: int) -> socket.socket:
    """A socket of the loopback address at a port or, where that is in use, at the next free one. Raises OSError."""
    last: OSError | None = None
    for tried in range(port, min(port + MOST_TRIED, 65536)):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":  # elsewhere the option lets two servers share a port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, tried))
            made.listen(64)
            return made
        except OSError as error:
            made.close()
            last = error
    raise last or OSError(f"port {port}: must be from 1 to 65535")


def serve(engine: Engine, opened: socket.socket, begun: Callable[[str], None]) -> None:
    """Serve the page until the process is interrupted; `begun` is called with its address once it can be opened."""
    port, token = opened.getsockname()[1], secrets.token_urlsafe(24)
    config = uvicorn.Config(
        app_of(engine, port, token), log_config=None, log_level="critical", access_log=False, server_header=False,
        lifespan="off", loop="asyncio", http="h11", ws="none", limit_concurrency=128, timeout_keep_alive=60,
    )  # fmt: skip
    server = _Server(config, lambda: begun(f"http://{HOST}:{port}/?token={token}"))
    ended = threading.Event()

    def work() -> None:
        try:
            asyncio.run(server.serve(sockets=[opened]))
        finally:
            ended.set()

    # A signal raises an exception in the main thread, which a server there would take for the error of a request.
    thread = threading.Thread(target=work, name="fundrisk server", daemon=True)
    try:
        try:
            thread.start()
        except NO_THREAD:
            raise OSError("the page needs a thread of its own, and the system starts no more") from None
        while not ended.wait(_POLL):
            pass
    finally:
        server.should_exit = server.force_exit = True
        if thread.ident is not None:
            thread.join(2 * _POLL)
        opened.close()


def open_browser(address: str, failed: Callable[[], None]) -> None:
    """Open an address in a browser, without waiting for it; `failed` is called where there is none."""

    def work() -> None:
        try:
            found = webbrowser.open(address)
        except (webbrowser.Error, OSError):
            found = False
        if not found:
            failed()

    threading.Thread(target=work, name="fundrisk browser", daemon=True).start()
