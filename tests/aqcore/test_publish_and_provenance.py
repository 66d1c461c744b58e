"""What is published is whole; what was read can be told apart by its content."""

from pathlib import Path

import pytest

from aqcore.provenance import Stamp, file_hash, value_hash
from aqcore.publish import publish_text, published_folder


def test_a_failed_block_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with published_folder(target) as part:
        (part / "a.txt").write_text("old")
    with pytest.raises(ValueError, match="stop"), published_folder(target) as part:
        (part / "a.txt").write_text("half")
        raise ValueError("stop")
    assert (target / "a.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_new_folder_replaces_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for name in ("a.txt", "b.txt"):
        with published_folder(target) as part:
            (part / name).write_text(name)
    assert [path.name for path in target.iterdir()] == ["b.txt"]


def test_text_is_published_whole(tmp_path: Path) -> None:
    publish_text(tmp_path / "sub" / "f.txt", "臭氧")
    assert (tmp_path / "sub" / "f.txt").read_text(encoding="utf-8") == "臭氧"
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["f.txt"]


def test_hash_of_a_file_is_sha256_of_its_content(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert file_hash(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_hash_of_a_folder_knows_names(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a").write_text("1")
    before = file_hash(tmp_path / "x")
    (tmp_path / "x" / "a").rename(tmp_path / "x" / "b")
    assert file_hash(tmp_path / "x") != before


def test_hash_of_a_value_ignores_the_order_of_keys() -> None:
    assert value_hash({"a": 1, "b": [2]}) == value_hash({"b": [2], "a": 1})
    assert value_hash({"a": 1}) != value_hash({"a": 2})


def test_stamp_survives_the_file(tmp_path: Path) -> None:
    stamp = Stamp.now("emissions", {"area.csv": "ab"}, ["emissions/ledger.csv"])
    publish_text(tmp_path / "s.json", stamp.to_json())
    assert Stamp.read(tmp_path / "s.json") == stamp
