from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dreamer.errors import WeightsError
from dreamer.networks.catalog import CatalogEntry, find_entry
from dreamer.networks.download import cached_weights

BODY = os.urandom(700_000)


class Server(ThreadingHTTPServer):
    """Serves BODY under /whole, a part of it under /short and /chunks, and something else under /changed."""

    asked = 0


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked += 1
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/nonsense":
            self.wfile.write(b"this is not HTTP\r\n\r\n")
            return
        if self.path == "/chunks":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + BODY[:999])
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        sent = {"/whole": BODY, "/short": BODY[:300_000], "/changed": BODY[::-1]}[self.path]
        self.wfile.write(sent)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def entry() -> CatalogEntry:
    digest = hashlib.sha256(BODY).hexdigest()[:8]
    return replace(find_entry("resnet18"), url=f"http://127.0.0.1:9/resnet18-{digest}.pth", digest=digest)


def address(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{path}"


def test_a_whole_download_is_kept_and_asked_for_once(server: Server, entry: CatalogEntry, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    for _ in range(2):
        path = cached_weights(
            entry, url=address(server, "whole"), folder=tmp_path, listen=lambda *pair: heard.append(pair)
        )
    assert path.read_bytes() == BODY
    assert server.asked == 1
    assert heard[-1] == (len(BODY), len(BODY)) and heard == sorted(heard) and len(heard) > 1


def test_two_at_once_download_once(server: Server, entry: CatalogEntry, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: cached_weights(entry, url=address(server, "whole"), folder=tmp_path), range(2)))
    assert paths[0] == paths[1] and server.asked == 1


@pytest.mark.parametrize(
    "path, said",
    [
        ("short", "300000 of 700000"),
        ("changed", "refused"),
        ("missing", "404"),
        ("chunks", "cannot be downloaded: IncompleteRead"),
        ("nonsense", "cannot be downloaded: this is not HTTP"),
    ],
)
@pytest.mark.slow
def test_what_is_not_whole_is_refused_and_removed(
    path: str, said: str, server: Server, entry: CatalogEntry, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=said):
        cached_weights(entry, url=address(server, path), folder=tmp_path)
    assert [each.name for each in tmp_path.iterdir() if not each.name.endswith(".lock")] == []


@pytest.mark.parametrize("offline", [True, False])
def test_without_a_connection_the_message_says_what_to_fetch(
    offline: bool, entry: CatalogEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAMER_OFFLINE", "1" if offline else "")
    with pytest.raises(WeightsError) as caught:
        cached_weights(entry, url="http://127.0.0.1:9/nothing", folder=tmp_path)
    for part in (entry.file_name, "http://127.0.0.1:9/nothing", entry.digest, str(tmp_path)):
        assert part in str(caught.value)
