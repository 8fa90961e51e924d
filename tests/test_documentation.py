"""What the documentation says is so: its code runs, its links lead somewhere, its names exist.

Commands and code run in a small project: the inputs at 168 px, and presets of the shipped names that take one step.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import imageio.v3 as iio
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import dreamer
from dreamer import load_preset
from dreamer.cli import main
from tests.sound.songs import band, save, steady

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
GENERATED = {"gallery.md", "commands.md", "architecture.md", "contributing.md", "changelog.md"}
SIDE, SHORT_SIDE = 168, 112
# Commands that are only parsed, each with what they would need.
ONLY_PARSED = {
    "--cluster auto": "a Ray cluster that is running",
    "describe resnet50": "a download",
}
# What makes a command that has no preset of its own small enough.
SMALLER = {
    "networks train": "--epochs 1 --side 32 --batch 4",
    "networks test": "--side 32",
    "inspect fool": "--size 64",
    "inspect invert": "--steps 2 --size 64",
    "inspect saliency": "--samples 2 --size 64",
    "inspect occlusion": "--size 64",
    "inspect weights": "--count 8",
    "inspect deconv": "--size 64",
    "suggest": "--count 2 --size 64",
    "atlas": "--kernels 0-3 --size 64",
}

# Large networks of the pages, which have random weights here: nothing is downloaded, and no file of weights is needed.
LARGE = "alexnet|googlenet|squeezenet1_1|vgg11|vgg16"
MADE = r"outputs/sources/([\w-]+)\.png"  # the pictures that a source's page may show
# What is written smaller in every command, and those weights.
REWRITTEN = {
    r"--fps \S+": "--fps 1",
    r"--size \S+": f"--size {SIDE}",
    r"--square \S+": "--square 32:16",
    r"octaves\.steps=\S+": "octaves.steps=1",
    r"seed=[\d,]+": "seed=1,2",
    rf"(--network|networks classes) ({LARGE})( --weights \S+)?": r"\1 \2 --weights random",
    rf"network\.name=({LARGE})( --set network\.weights=\S+)?": r"network.name=\1 --set network.weights=random",
}


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """(page, text) of every block of a language."""
    for page in PAGES:
        for text in re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            yield page.name, text


SHELL = [pytest.param(text, id=f"{page}-{number}") for number, (page, text) in enumerate(blocks("sh"))]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project that every block starts from."""
    folder = tmp_path_factory.mktemp("template")
    for name in ("inputs", "presets", "photos/beach", "my-photos/cat", "my-photos/dog", "docs/pictures/sources"):
        (folder / name).mkdir(parents=True)
    for name in ("sky", "dunes"):
        with Image.open(ROOT / "inputs" / f"{name}.jpg") as image:
            image.resize((SIDE, SHORT_SIDE)).save(folder / "inputs" / f"{name}.jpg")
    shown = [f"docs/pictures/{name}.jpg" for name in ("flock", "sources/oygard-shape", "sources/oygard-class")]
    for name in ("photo.jpg", "painting.jpg", "letter.png", "photos/beach/sea.jpg", "photos/tree.png", *shown):
        Image.open(folder / "inputs" / "sky.jpg").save(folder / name)
    random = np.random.default_rng(0)
    for number in range(24):
        pixels = random.integers(0, 255, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "my-photos" / ("cat", "dog")[number % 2] / f"{number}.png")
    with Image.open(folder / "inputs" / "sky.jpg") as image:
        sky = np.asarray(image)
    iio.imwrite(folder / "clip.mp4", np.stack([sky] * 4), plugin="FFMPEG", fps=4, macro_block_size=1)
    save(folder / "song.wav", band(steady(120, 6), 6))
    (folder / "night.toml").write_text('[[jobs]]\ninputs = ["photos"]\npresets = ["whisper"]\n', encoding="utf-8")
    for name in ("places365.pth", "categories.txt"):
        (folder / "presets" / name).touch()
    # As many names as a network with random weights has classes.
    names = (f"/p/place_{number} {number}\n" for number in range(1, 1000))
    (folder / "categories_places365.txt").write_text("/b/beach 0\n" + "".join(names), encoding="utf-8")
    for file in (ROOT / "presets").glob("*.toml"):
        (folder / "presets" / file.name).write_text(small_preset(file), encoding="utf-8")
    return folder


def small_preset(file: Path) -> str:
    """A preset of the same name that extends the one that ships: small, one step an octave, films of few frames."""
    preset = load_preset(file)
    size = SIDE if preset.canvas.start == "photo" or preset.animation else f"[{SIDE}, {SIDE}]"
    text = f'extends = "{file.stem}"\n[canvas]\nsize = {size}\n[octaves]\nsteps = 1\noutput_scale = 1\n'
    if preset.animation is not None and file.stem != "soft-film":
        text += "[animation]\nfps = 1\nlead_in = 1\n"
    return text


@pytest.fixture
def project(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small project as the working folder, with a finished picture, and a home without presets."""
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return folder


def words_of(line: str) -> list[str]:
    """The words of a command line of dreamer, at a small size, large networks with random weights."""
    for pattern, small in REWRITTEN.items():
        line = re.sub(pattern, small, line)
    words = shlex.split(line, comments=True)[1:]
    command = next((command for command in SMALLER if " ".join(words).startswith(command)), None)
    return [*words, *shlex.split(SMALLER[command])] if command else words


def run(line: str) -> None:
    """A command line of dreamer, which must succeed."""
    words = words_of(line)
    result = CliRunner().invoke(main, words, prog_name="dreamer")
    assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"


def prepare(block: str) -> None:
    """What blocks before this one on the page have made."""
    if "outputs/deep-dream/sky.png" in block:
        run("dreamer render inputs/sky.jpg -p deep-dream")
    if "outputs/atlas" in block and "dreamer atlas" not in block:
        run("dreamer atlas --layer maxpool3 -o outputs/atlas")
    if "outputs" in block and "dreamer gallery" in block:
        run("dreamer render inputs -p whisper")
    if "song.wav" in block:
        pytest.importorskip("librosa", reason="librosa is missing: pip install 'dreamer[sound]'")
    if "-p soft-film" in block:
        pytest.importorskip("cv2", reason="OpenCV is missing: pip install 'dreamer[video]'")


def lines_of(block: str) -> Iterator[tuple[str, str]]:
    """(tool, line) of every command of a shell block."""
    for line in block.splitlines():
        if words := shlex.split(line, comments=True):
            yield words[0], line


@pytest.mark.slow
@pytest.mark.parametrize("block", SHELL)
def test_every_shell_block_runs(block: str, project: Path) -> None:
    prepare(block)
    for tool, line in lines_of(block):
        if tool == "dreamer" and not any(part in line for part in ONLY_PARSED):
            run(line)


@pytest.mark.parametrize("block", SHELL)
def test_every_command_of_a_shell_block_exists(block: str) -> None:
    for tool, line in lines_of(block):
        CHECKS[tool](shlex.split(line, comments=True)[1:])


def dreamer_has(words: list[str]) -> None:
    """`dreamer COMMAND`: it exists, with its options, as it stands on the page."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        below = command.get_command(context, words[0])
        assert below is not None, words
        command, context, words = below, click.Context(below, parent=context), words[1:]
    command.make_parser(context).parse_args(words)


def make_has(words: list[str]) -> None:
    """`make TARGET`: the Makefile has it."""
    assert all(re.search(rf"^{word}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE) for word in words)


def pip_can_install(words: list[str]) -> None:
    """`pip install 'dreamer[extra]'`: the extra exists."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert words[0] == "install"
    assert set(re.findall(r"\[(\w+)\]", " ".join(words))) <= set(extras)


def docker_has(words: list[str]) -> None:
    """`docker build|run`: there is a Dockerfile, with the build arguments that are given."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert all(f"ARG {name}" in text for name in re.findall(r"--build-arg (\w+)=", " ".join(words)))
    assert words[0] in ("build", "run")


def python_finds(words: list[str]) -> None:
    """`python FILE` or `python -m MODULE`: it is there."""
    assert importlib.util.find_spec(words[1]) if words[0] == "-m" else (ROOT / words[0]).is_file()


CHECKS = {
    "dreamer": dreamer_has,
    "make": make_has,
    "pip": pip_can_install,
    "docker": docker_has,
    "python": python_finds,
}


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({page for page, _ in blocks("python")}))
def test_every_python_block_runs(page: str, project: Path) -> None:
    names: dict[str, object] = {}
    for of_page, text in blocks("python"):
        if of_page == page:
            exec(compile(re.sub(r"fps=\d+", "fps=1", re.sub(r"size=\d+", f"size={SIDE}", text)), page, "exec"), names)


@pytest.mark.parametrize(("page", "text"), list(blocks("toml")))
def test_every_preset_and_file_of_jobs_is_valid(page: str, text: str, project: Path) -> None:
    tree = tomllib.loads(text)
    if "jobs" in tree:
        (project / "shown.toml").write_text(text, encoding="utf-8")
        run("dreamer batch --jobs shown.toml -n")
        return
    begin = "" if "extends" in tree or "targets" in tree else 'extends = "deep-dream"\n'
    (project / "presets" / "shown.toml").write_text(begin + text, encoding="utf-8")
    run("dreamer presets check shown")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or target in GENERATED or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "sources").glob("*.md")), ids=lambda page: page.name)
def test_every_picture_of_a_source_is_made_by_a_command_of_its_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    made = {name for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for name in re.findall(MADE, block)}
    shown = re.findall(r"\.\./pictures/sources/([\w-]+)\.jpg", text)
    assert shown
    assert [name for name in shown if name not in made] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "sources").glob("*.md")), ids=lambda page: page.name)
def test_the_index_of_a_source_leads_to_each_of_its_sections(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    anchors = [title.lower().replace(" ", "-") for title in re.findall(r"^## (.*)$", text, re.MULTILINE)]
    assert re.findall(r"\]\(#([\w-]+)\)", text) == anchors


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_files_and_functions_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    files = re.findall(r"`((?:dreamer|tests|docs|tools|presets|benchmarks)/[\w/.-]*)`", text)
    assert [file for file in files if not (ROOT / file).exists() and not re.search("NAME|mine", file)] == []
    code = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "dreamer").rglob("*.py"))
    assert [name for name in re.findall(r"`(\w+)\(\)`", text) if not re.search(rf"\bdef {name}\(", code)] == []


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert isinstance(main, click.Group)
    for name in main.list_commands(click.Context(main)):
        assert f"`dreamer {name}" in text, name


def test_every_public_name_is_in_the_library_page() -> None:
    text = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    missing = [name for name in dreamer.__all__ if not re.search(rf"\b{re.escape(name)}\b", text)]
    assert missing == []


def test_the_pages_import_only_what_is_public() -> None:
    from tests.test_public_api import MODULES

    for page, text in blocks("python"):
        for module in re.findall(r"^\s*(?:from|import) (dreamer[\w.]*)", text, re.MULTILINE):
            assert module in MODULES, f"{page}: {module}"


def test_every_shipped_preset_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [file.stem for file in sorted((ROOT / "presets").glob("*.toml")) if f"`{file.stem}`" not in text] == []


def test_every_source_that_the_code_names_is_listed() -> None:
    lines = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8").splitlines()
    files = [*(ROOT / "dreamer").rglob("*.py"), *(ROOT / "presets").glob("*.toml")]
    citation = re.compile(r"\b(?!JPEG)([A-Z]\w+)(?: et al\.|(?:, [A-Z]\w+)*,? & [A-Z]\w+)?,? ((?:19|20)\d\d)\b")
    named = {pair for file in files for pair in citation.findall(file.read_text(encoding="utf-8"))}
    assert len(named) > 20
    missing = [pair for pair in sorted(named) if not any(all(word in line for word in pair) for line in lines)]
    assert missing == []


@pytest.mark.slow
def test_the_site_is_built_strictly(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="mkdocs is missing: pip install 'dreamer[docs]'")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "gallery.html").is_file()
