from __future__ import annotations

import hashlib
import json
import os
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from dreamer.errors import WeightsError
from dreamer.networks import load_network
from dreamer.networks.catalogue import Entry, find_entry
from dreamer.networks.labels import read_labels
from dreamer.networks.weights import cached_weights, load_named, load_pocket_file, read_state

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
def entry() -> Entry:
    digest = hashlib.sha256(BODY).hexdigest()[:8]
    return replace(find_entry("resnet18"), url=f"http://127.0.0.1:9/resnet18-{digest}.pth", digest=digest)


def address(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{path}"


def test_a_whole_download_is_kept_and_asked_for_once(server: Server, entry: Entry, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    for _ in range(2):
        path = cached_weights(
            entry, url=address(server, "whole"), folder=tmp_path, listen=lambda *pair: heard.append(pair)
        )
    assert path.read_bytes() == BODY
    assert server.asked == 1
    assert heard[-1] == (len(BODY), len(BODY)) and heard == sorted(heard) and len(heard) > 1


def test_two_at_once_download_once(server: Server, entry: Entry, tmp_path: Path) -> None:
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
def test_what_is_not_whole_is_refused_and_removed(
    path: str, said: str, server: Server, entry: Entry, tmp_path: Path
) -> None:
    with pytest.raises(WeightsError, match=said):
        cached_weights(entry, url=address(server, path), folder=tmp_path)
    assert [each.name for each in tmp_path.iterdir() if not each.name.endswith(".lock")] == []


@pytest.mark.parametrize("offline", [True, False])
def test_without_a_connection_the_message_says_what_to_fetch(
    offline: bool, entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAMER_OFFLINE", "1" if offline else "")
    with pytest.raises(WeightsError) as caught:
        cached_weights(entry, url="http://127.0.0.1:9/nothing", folder=tmp_path)
    for part in (entry.file_name, "http://127.0.0.1:9/nothing", entry.digest, str(tmp_path)):
        assert part in str(caught.value)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    """A resnet18's weights for five classes."""
    return find_entry("resnet18").build(5).state_dict()


@pytest.mark.parametrize("form", ["plain.pth", "module.pth", "nested.pth.tar", "plain.safetensors"])
def test_local_weights_of_several_forms(form: str, state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path, labels = tmp_path / form, tmp_path / "labels.txt"
    prefixed = {f"module.{key}": value for key, value in state.items()}
    if form.endswith("safetensors"):
        save_file(state, path)
    else:
        torch.save({"plain": state, "module": prefixed, "nested": {"state_dict": prefixed}}[form.split(".")[0]], path)
    labels.write_text("/a/airfield 0\n/b/bamboo_forest 1\n/c/canal/natural 2\nriver\nsea\n")
    loaded = load_named("resnet18", str(path), read_labels(labels))
    assert loaded.classes == ("airfield", "bamboo_forest", "canal natural", "river", "sea")
    assert torch.equal(loaded.module.state_dict()["conv1.weight"], state["conv1.weight"])
    with pytest.raises(WeightsError, match="5 classes, but there are 2"):
        load_named("resnet18", str(path), ("a", "b"))


def test_weights_that_do_not_fit_say_how(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(state, path)
    with pytest.raises(WeightsError, match="do not fit VGG; missing: features"):
        load_named("vgg11", str(path), None)
    torch.save({**state, "conv1.weight": torch.zeros(3, 3)}, path)
    with pytest.raises(WeightsError, match=r"conv1.weight \(3, 3\) instead of \(64, 3, 7, 7\)"):
        load_named("resnet18", str(path), None)


@pytest.mark.parametrize("name", ["resnet18", "pocket"])
def test_labels_are_put_on_any_network_and_must_be_as_many(name: str, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    choice = SimpleNamespace(name=name, weights="random", labels=str(labels), negative_slope=0.0)
    labels.write_text("\n".join(f"kind {number}" for number in range(1000)))
    assert load_network(choice, device="cpu").class_index("kind 7") == 7
    labels.write_text("one\ntwo\n")
    with pytest.raises(WeightsError, match="1000 classes, but there are 2"):
        load_network(choice, device="cpu")


class Malicious:
    """Makes a file at `path` when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False])
def test_nothing_in_a_file_is_executed(zipped: bool, tmp_path: Path) -> None:
    harm, path = tmp_path / "harm", tmp_path / "evil.pth"
    torch.save({"a": Malicious(harm)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(WeightsError, match="safely"):
        read_state(path)
    assert not harm.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_cut_short_anywhere_is_refused(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"a": torch.zeros(3, 4), "b": torch.arange(5)}, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    for length in range(0, len(data) - 1, 37):
        path.write_bytes(data[:length])
        with pytest.raises(WeightsError):
            read_state(path)


def test_files_that_hold_no_weights_are_refused(tmp_path: Path) -> None:
    for name, content in (
        ("empty.pth", b""),
        ("text.pth", b"no weights at all"),
        ("evil.pth", pickle.dumps(Malicious(tmp_path / "harm"), protocol=2)),
        ("text.safetensors", b"not a safetensors file"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError, match=name):
            read_state(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pth")
    for bad in (tmp_path / "list.pth", tmp_path / "absent.pth", tmp_path / "absent.safetensors", tmp_path):
        with pytest.raises(WeightsError):
            read_state(bad)


FACTS = {"architecture": "pocket", "classes": ["a", "b"], "width": 0.5, "mean": [0, 0, 0], "std": [1, 1, 1]}


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"dreamer": "{"},
        {"dreamer": "[]"},
        {"dreamer": json.dumps({**FACTS, "architecture": "other"})},
        {"dreamer": json.dumps({"architecture": "pocket"})},
    ],
)
def test_another_safetensors_file_is_no_pocket_network(metadata: dict[str, str] | None, tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", metadata)
    with pytest.raises(WeightsError, match="not a pocket network"):
        load_pocket_file(tmp_path / "a.safetensors")


def test_a_pocket_networks_tensors_must_fit_its_facts(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors", {"dreamer": json.dumps(FACTS)})
    with pytest.raises(WeightsError, match="do not fit PocketNetwork"):
        load_pocket_file(tmp_path / "a.safetensors")
