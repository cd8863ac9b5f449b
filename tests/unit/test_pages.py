"""What stands below docs/ is what the code says, and its links lead somewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import pages as script  # noqa: E402

LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)[^)]*\)")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Every generated page. To make them compiles the examples of all modules as sections of a stack."""
    return script.pages()


def test_the_pages_are_what_scripts_pages_writes(pages: dict[str, str]) -> None:
    written = {path.relative_to(script.DOCS).as_posix() for path in (script.DOCS / "tiers").glob("*.md")}
    assert written | {"rules.md"} == set(pages)
    stale = [name for name, text in pages.items() if (script.DOCS / name).read_text() != text]
    assert not stale, "run scripts/pages.py"


def test_every_page_says_what_its_example_makes(pages: dict[str, str]) -> None:
    sections = {name: text for name, text in pages.items() if name.startswith("tiers/") and "README" not in name}
    assert [name for name, text in sections.items() if not re.search("^## What the .*makes$", text, re.MULTILINE)] == []


def test_every_code_in_the_list_of_corrections_is_a_rule(pages: dict[str, str]) -> None:
    codes = re.findall(r"`([a-z-]+\.[a-z-]+)`", (ROOT / "docs/guides/corrections.md").read_text())
    known = set(re.findall(r"^- `([a-z.-]+)`", pages["rules.md"], re.MULTILINE))
    assert len(codes) > 30
    assert set(codes) <= known


def test_links_lead_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        if "_build" not in document.parts
        for target in LINK.findall(document.read_text())
        if not (document.parent / target).exists()
    ]
    assert dead == []
