"""How fast the explorer answers: python -m pytest tests/benchmarks/test_serving.py -s

200 requests a second, each sent when it is due whatever becomes of those before, over 32 connections on loopback; times
are from when a request was due. The suite of tests does not run this.
"""

import asyncio
import statistics
import time
from urllib.parse import quote, urlsplit

import pytest
import requests
from servers import serving_graph

RATE, SECONDS, CONNECTIONS = 200, 10, 32


async def load(url: str, path: str, *, vary: bool) -> list[float]:
    """Return how long each request took, in seconds."""
    where = urlsplit(url)
    due: asyncio.Queue[tuple[int, float]] = asyncio.Queue()
    took: list[float] = []

    async def ask() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        while True:
            number, then = await due.get()
            if number < 0:
                writer.close()
                return
            address = f"{path}%20%23%20{number}" if vary else path
            writer.write(f"GET {address} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reader.readexactly(int(length.split(b":")[1]))
            took.append(time.perf_counter() - then)

    asking = [asyncio.create_task(ask()) for _ in range(CONNECTIONS)]
    start = time.perf_counter() + 0.5
    for number in range(RATE * SECONDS):
        then = start + number / RATE
        await asyncio.sleep(max(0.0, then - time.perf_counter()))
        due.put_nowait((number, then))
    for _ in asking:
        due.put_nowait((-1, 0.0))
    await asyncio.gather(*asking)
    return took


@pytest.mark.parametrize("what", ["the same query", "each query another", "a page", "a table as CSV"])
def test_two_hundred_a_second(what, graph):
    query = quote(graph.bound("open-answers", {}))
    path = {"a page": "/queries/open-answers", "a table as CSV": "/queries/open-answers.csv"}.get(
        what, f"/sparql?query={query}"
    )
    with serving_graph() as (url, _):
        requests.get(url + path, timeout=30).raise_for_status()  # so that what is made once is there
        took = sorted(asyncio.run(load(url, path, vary=what == "each query another")))
    half, most = statistics.median(took), took[len(took) * 99 // 100]
    print(
        f"\n{what}: {len(took) / (SECONDS):.0f} a second, median {half * 1e3:.1f} ms, 99 % within {most * 1e3:.1f} ms"
    )
    assert most < 0.05
