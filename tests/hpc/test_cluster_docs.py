"""The example of docs/clusters.md is a cluster file, and says every key."""

import re
from dataclasses import fields
from pathlib import Path

from hpc.slurm import Cluster, read_cluster

TEXT = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")


def test_the_example_reads(tmp_path):
    (tmp_path / "levante.toml").write_text(re.search(r"^```toml cluster\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)[1])
    own = read_cluster(tmp_path / "levante.toml")
    assert (own.account, own.need("cmaq").disk_mb, own.dask.workers) == ("ab0123", 4000, 8)


def test_the_keys_are_documented():
    quiet = {"resources"}  # a table of its own
    assert [field.name for field in fields(Cluster) if field.name not in quiet and field.name not in TEXT] == []
