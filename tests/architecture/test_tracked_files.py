"""No tracked file names a package registry's address or a path of somebody's machine: both break elsewhere."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sources import ROOT

# In two parts, so that this file does not find itself.
WORDS = [
    first + second
    for first, second in [
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("maven", ".org"),
        ("repo.maven", ".apache"),
        ("npmjs", ".org"),
        ("registry.", "npmjs"),
        ("proxy.golang", ".org"),
        ("/ro", "ot/"),
        ("/wo", "rk/"),
        ("/home", "/"),
        ("/Us", "ers/"),
    ]
]


def found_in(content: bytes) -> Iterator[str]:
    """The lines of a text that name what they should not; nothing in what is no text."""
    if b"\0" in content or not any(word.encode() in content for word in WORDS):
        return
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        yield from (f"line {number}: {word} in {line.strip()[:100]}" for word in WORDS if word in line)


@cache
def tracked() -> list[Path]:
    """Files that git tracks and that are there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def test_no_tracked_file_names_a_registry_or_a_machine() -> None:
    found = [f"{path.relative_to(ROOT)} {line}" for path in tracked() for line in found_in(path.read_bytes())]
    assert found == []


@pytest.mark.parametrize("word", WORDS)
def test_each_word_is_found(word: str) -> None:
    assert list(found_in(f"a\nindex = https://x{word}y\n".encode())) == [f"line 2: {word} in index = https://x{word}y"]


def test_other_addresses_are_let_through() -> None:
    assert not list(found_in(b"https://example.org/work\nschemas.example/framework\n\xff"))
