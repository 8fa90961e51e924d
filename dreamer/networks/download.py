"""Weights in torch's cache: downloaded, verified, and put in place whole or not at all."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

import torch
from filelock import FileLock

from dreamer.atomic import discard, part_of, sweep
from dreamer.errors import WeightsError
from dreamer.networks.catalog import CatalogEntry

CHUNK = 1 << 18
TIMEOUT = 30.0

DownloadListener = Callable[[int, int], None]


def cache_folder() -> Path:
    """Where torch keeps downloaded weights; TORCH_HOME moves it."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def cached_weights(
    entry: CatalogEntry, *, url: str | None = None, folder: Path | None = None, listen: DownloadListener | None = None
) -> Path:
    """The entry's weights in torch's cache, downloaded and verified where they are not there yet.

    Raises WeightsError without a connection (or with DREAMER_OFFLINE=1), and for a file cut short or changed.
    """
    folder = folder or cache_folder()
    path, address = folder / entry.file_name, url or entry.url
    if path.is_file():
        return path
    by_hand = (
        f"Put {entry.file_name} (SHA-256 begins with {entry.digest}), from {address},\n"
        f'  into {folder}, or use network = "pocket", which needs no download.'
    )
    if os.environ.get("DREAMER_OFFLINE") == "1":
        raise WeightsError(f"the weights of {entry.name} are not here, and DREAMER_OFFLINE=1", remedy=by_hand)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.is_file():
                download(address, path, entry.digest, listen=listen)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(error, urllib.error.HTTPError):
            reason = error
            error.close()
        raise WeightsError(
            f"the weights of {entry.name} cannot be downloaded: {str(reason).strip()}", remedy=by_hand
        ) from error
    except OSError as error:
        raise WeightsError(f"cannot be written: {error.strerror}", where=str(path), remedy=by_hand) from error
    return path


def download(url: str, path: Path, digest: str, *, listen: DownloadListener | None = None) -> None:
    """Download `url` to `path` whole or not at all; its SHA-256 must begin with `digest`.

    `listen(done, total)` is called with bytes; total is 0 where the server does not say. Raises WeightsError for a file
    that was cut short or changed, URLError without a connection.
    """
    sweep(path.parent)
    part = part_of(path)
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "dreamer"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer, part.open("wb") as file:
            length = answer.headers.get("Content-Length") or ""
            total = int(length) if length.isdecimal() else 0
            sha256, done = _copy(answer, file, total, listen)
        if total and done != total:
            raise WeightsError(f"the download ended after {done} of {total} bytes", where=url, remedy="Try again.")
        if not sha256.startswith(digest):
            raise WeightsError(
                f"the download was refused: its SHA-256 begins with {sha256[: len(digest)]}, not {digest}",
                where=url,
                remedy="The file was changed on its way or at its source. Try again later, or from another network.",
            )
        os.replace(part, path)
    finally:
        discard(part)


def _copy(source: IO[bytes], file: IO[bytes], total: int, listen: DownloadListener | None) -> tuple[str, int]:
    digest, done = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if listen is not None:
            listen(done, total)
    return digest.hexdigest(), done
