"""The workers of a Dask cluster that is running, as an executor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from sim.engine.executors import ExecutorError

#: Seconds in which a scheduler must answer.
PATIENCE = 5


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of the cluster whose scheduler has an address, such as tcp://10.0.0.5:8786.

    Raises ExecutorError, one line, where it cannot be reached or Dask is not installed.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ExecutorError(
            f'scheduler = {address}: needs Dask: pip install "fundrisk[cluster]", here and on every worker'
        ) from None
    try:
        # Alone first: a client that fails to connect tries to say goodbye for ten seconds more.
        asyncio.run(_reach(address))
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except Exception as error:  # of sockets, of names, of the protocol
        reason = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, MemoryError):  # the length of a message, read from what another server says
            reason = "what answers there is no Dask scheduler"
        wanted = "must be the address of a running Dask scheduler, such as tcp://10.0.0.5:8786"
        raise ExecutorError(f"scheduler = {address or '(empty)'}: {wanted}: {reason}") from None
    try:
        yield client.get_executor()
    finally:
        client.close(timeout=PATIENCE)


async def _reach(address: str) -> None:
    from distributed.comm import connect

    async def greet() -> None:
        connection = await connect(address, timeout=PATIENCE)
        await connection.close()

    try:
        await asyncio.wait_for(greet(), PATIENCE)  # `connect` waits without an end for a server that says nothing
    except TimeoutError:
        raise OSError(f"Timed out after {PATIENCE} s") from None
