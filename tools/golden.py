"""Exact digests of what dreamer renders on this machine, to compare before and after a change of the code.

    python tools/golden.py write before.json      # at one commit
    python tools/golden.py compare before.json    # at another, on the same machine

Every still preset over two photographs or noise, eight frames of every film preset, an atlas, and the figures of the
inspection commands, all small, by the command line, so that a change of the code's structure does not touch the tool.
A digest is of pixels, not of files: recipes and compression may change.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from PIL import Image

from dreamer import load_preset
from dreamer.cli import main as dreamer

ROOT = Path(__file__).resolve().parents[1]
PRESETS = sorted(file.stem for file in (ROOT / "presets").glob("*.toml"))
SMALL = ("--size", "96", "--set", "octaves.steps=2", "--set", "octaves.output_scale=1")
SKY, DUNES = str(ROOT / "inputs" / "sky.jpg"), str(ROOT / "inputs" / "dunes.jpg")
INSPECTIONS = {
    "weights": "--count 8",
    "weights-deep": "--layer inception3a --count 4 --channels 4",
    "weights-expanded": "--layer conv3 --expand --count 4",
    "activations": "{sky} --layer inception3b --count 4 --overlay",
    "saliency": "{sky} --samples 4 --sanity --size 96",
    "occlusion": "{sky} --square 40:20 --size 96",
    "deconv": "{sky} --layer inception4c --count 2 --size 96",
    "trace": "{sky} --layer inception4c --kernel 3 --size 96",
    "top": "{inputs} --layer inception3b --kernel 84 --count 2 --size 96",
    "embed": "{atlas} --layer inception4c --size 64",
    "fool": "{sky} --class panda --size 96",
    "fool-texture": "{sky} --texture {dunes} --size 96",
    "invert": "{sky} --layer conv3 --steps 4 --size 64",
}


def main() -> None:
    """Write digests, or compare with those of a file and exit with 1 where any differ."""
    command, path = sys.argv[1], Path(sys.argv[2])
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        found = dict(digests(Path(folder)))
    if command == "write":
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"{len(found)} digests in {path}")
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    different = [name for name in {**before, **found} if before.get(name) != found.get(name)]
    for name in different:
        print(f"different: {name}")
    print(f"{len(found) - len(different)} of {len(before)} equal")
    sys.exit(1 if different else 0)


def digests(folder: Path) -> Iterator[tuple[str, str]]:
    """(name, digest) of everything."""
    clip = folder / "clip.mkv"
    write_clip(clip)
    for preset in PRESETS:
        resolved = load_preset(preset)
        if resolved.animation is None:
            inputs = [SKY, DUNES] if resolved.canvas.start == "photo" else ["noise"]
            for source in inputs:  # one at a time: together they are summed in another order
                run("render", source, "-p", preset, *SMALL, "-o", f"{folder}/stills/{{preset}}-{{stem}}.png")
        else:
            source = str(clip) if preset == "soft-film" else "noise" if resolved.canvas.start == "noise" else SKY
            rate = [] if preset == "soft-film" else ["--fps", "2"]
            run("animate", source, "-p", preset, *SMALL, *rate, "--frames", "0:8", "--codec", "frames",
                "--no-keep-frames", "-o", f"{folder}/films/{{preset}}")  # fmt: skip
    yield from pixels_below(folder / "stills", "still")
    yield from pixels_below(folder / "films", "film")
    atlas = folder / "atlas"
    run("atlas", "--layer", "maxpool2", "--kernels", "0-8", "--size", "64", "--set", "octaves.steps=2", "-o", atlas)
    yield from ((name, digest) for name, digest in pixels_below(atlas, "atlas") if "_files" not in name)
    for name, options in INSPECTIONS.items():
        text = options.format(sky=SKY, dunes=DUNES, inputs=ROOT / "inputs", atlas=atlas / "maxpool2")
        run("inspect", name.partition("-")[0], *text.split(), "-o", folder / "inspect" / f"{name}.png")
    yield from pixels_below(folder / "inspect", "inspect")


def run(*arguments: object) -> None:
    """One command line; its own messages are not shown."""
    quiet = ["--progress", "none"] if arguments[0] in ("render", "animate") else []
    print(" ".join(map(str, arguments[:4])), file=sys.stderr)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        stdout, sys.stdout = sys.stdout, nowhere
        try:
            dreamer([*map(str, arguments), *quiet], standalone_mode=False)
        finally:
            sys.stdout = stdout


def write_clip(path: Path) -> None:
    """Nine lossless RGB frames that pan over the sky: what a decoder makes of them is beyond doubt."""
    with Image.open(SKY) as image:
        sky = np.asarray(image.convert("RGB").resize((160, 107)))
    frames = [sky[4 : 4 + 90, 4 * step : 4 * step + 120] for step in range(9)]
    iio.imwrite(path, np.stack(frames), plugin="FFMPEG", fps=10, codec="ffv1", pixelformat="bgr0", macro_block_size=1)


def pixels_below(folder: Path, kind: str) -> Iterator[tuple[str, str]]:
    """The digest of the pixels of every PNG in a folder and below."""
    for path in sorted(folder.rglob("*.png")):
        with Image.open(path) as image:
            pixels = np.asarray(image)
        digest = hashlib.sha256(f"{pixels.shape} {pixels.dtype}".encode() + pixels.tobytes()).hexdigest()[:32]
        yield f"{kind} {path.relative_to(folder).as_posix()}", digest


if __name__ == "__main__":
    main()
