"""What is kept of the catalogue says the same as its YAML, and is never believed when it does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factorlint import catalog, compiled
from factorlint.entries import CatalogError

FOLDER = Path(str(__import__("factorlint.rules", fromlist=["rules"]).__file__)).parent / "frameworks"


def put(folder: Path, **texts: str) -> list[Path]:
    (folder / "frameworks").mkdir(exist_ok=True)
    paths = []
    for name, text in texts.items():
        path = folder / "frameworks" / f"{name}.yaml"
        path.write_text(text)
        paths.append(path)
    return paths


def kept(folder: Path) -> Path:
    return folder / "__pycache__" / "frameworks.json"


def test_the_kept_catalogue_is_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.builtin.cache_clear()
    catalog.builtin()
    catalog.builtin.cache_clear()
    assert catalog.builtin() == catalog.load(FOLDER.glob("*.yaml"))


def test_it_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    paths = put(tmp_path, a="x: 1", b="y: [2, three]")
    assert compiled.parsed(paths) == [{"x": 1}, {"y": [2, "three"]}]
    monkeypatch.setattr(compiled, "parse", None)
    assert compiled.parsed(paths) == [{"x": 1}, {"y": [2, "three"]}]


def test_a_changed_file_is_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    compiled.parsed(put(tmp_path, a="x: 1"))
    assert compiled.parsed(put(tmp_path, a="x: 2")) == [{"x": 2}]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"digest": 1}', '{"data": [], "digest": "other"}', "\x00"])
def test_what_is_damaged_is_not_believed(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    paths = put(tmp_path, a="x: 1")
    compiled.parsed(paths)
    kept(tmp_path).write_text(text)
    assert compiled.parsed(paths) == [{"x": 1}]
    assert json.loads(kept(tmp_path).read_text())["data"] == [{"x": 1}]


def test_where_nothing_can_be_written_nothing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    paths = put(tmp_path, a="x: 1")
    (tmp_path / "__pycache__").write_text("a file, no folder")
    assert compiled.parsed(paths) == [{"x": 1}]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"a\.yaml"):
        catalog.load(put(tmp_path, a="x: [1"))
