"""The cluster file: what it may say, and every fault at once."""

import pytest

from aqcore.errors import InputError
from hpc.slurm.cluster import Cluster, read_cluster

FULL = """
name = "levante"
partition = "compute"
account = "ab0123"
modules = ["intel-oneapi/2023.2", "openmpi"]
directives = ["--exclusive", "--constraint=512G&intel", "--mail-type=END,FAIL"]
max_array_size = 3001
max_running = 40
[environment]
HDF5_USE_FILE_LOCKING = "FALSE"
"""


def faults_of(tmp_path, text):
    (tmp_path / "site.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_cluster(tmp_path / "site.toml")
    return [str(fault) for fault in caught.value.faults]


def test_a_cluster_file(tmp_path):
    (tmp_path / "site.toml").write_text(FULL)
    assert read_cluster(tmp_path / "site.toml") == Cluster(
        "levante", "compute", account="ab0123", modules=("intel-oneapi/2023.2", "openmpi"),
        directives=("--exclusive", "--constraint=512G&intel", "--mail-type=END,FAIL"), max_array_size=3001,
        max_running=40, environment={"HDF5_USE_FILE_LOCKING": "FALSE"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('partiton = "x"', "site.toml:partiton: unknown key -> did you mean partition?"),
        ('account = "a b"', "site.toml:account: String should match pattern"),
        ('account = "a\\n#SBATCH --x"', "site.toml:account"),
        ('qos = "$(id)"', "site.toml:qos"),
        ('directives = ["-N 2"]', "site.toml:directives.0"),
        ('directives = ["--comment=a b"]', "site.toml:directives.0"),
        ('directives = ["--wrap=a\\nb"]', "site.toml:directives.0"),
        ('modules = ["a\\nb"]', "site.toml:modules.0"),
        ('environment = {"A B" = "x"}', "site.toml:environment.A B"),
        ("max_array_size = 1", "site.toml:max_array_size"),
        ("max_running = -1", "site.toml:max_running"),
        ('template = "no.j2"', "no.j2 does not exist"),
    ],
)
def test_each_fault_is_named(tmp_path, line, message):
    (fault,) = faults_of(tmp_path, f'name = "x"\npartition = "p"\n{line}\n')
    assert message in fault


def test_faults_come_together(tmp_path):
    assert len(faults_of(tmp_path, 'name = "a b"\nmax_running = -1\n')) == 3


def test_broken_toml(tmp_path):
    assert "not valid TOML" in faults_of(tmp_path, "name = \n")[0]
