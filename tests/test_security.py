"""What docs/security.md states, as far as no other test holds it; and that every test it names is there."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dreamer.pictures import write_picture

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
CODE_FROM_TEXT = {"eval", "exec", "compile", "__import__", "pickle.loads", "pickle.load", "os.system", "os.popen"}
NO_CONNECTION = """
import socket, sys
def refuse(*args, **named): raise AssertionError(f"a connection to {args}")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from dreamer.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize("named", re.findall(r"`(tests/[^`]+)`", PAGE))
def test_the_tests_that_the_page_names_are_there(named: str) -> None:
    file, _, name = named.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_no_code_comes_from_text() -> None:
    found = []
    for file in (ROOT / "dreamer").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                options = {option.arg: ast.unparse(option.value) for option in node.keywords}
                name = ast.unparse(node.func)
                unsafe = name == "torch.load" and options.get("weights_only") != "True"
                if name in CODE_FROM_TEXT or unsafe or options.get("shell") == "True":
                    found.append(f"{file.name}:{node.lineno}: {name}")
    assert found == []


@pytest.mark.slow
def test_rendering_opens_no_connection(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.rand(3, 40, 40))
    line = ["render", "a.png", "-p", "whisper", "--size", "40", "--set", "octaves.steps=1", "--device", "cpu"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", NO_CONNECTION, *line], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "outputs" / "whisper" / "a.png").exists()
