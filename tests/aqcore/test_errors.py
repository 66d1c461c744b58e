"""Faults gather and are raised together."""

import pytest

from aqcore.errors import Fault, Faults, InputError, did_you_mean, gathering


def test_all_faults_are_in_one_error() -> None:
    faults = Faults()
    faults.add("a.csv:2:NOx", "-1 is negative", "give 0 or more")
    faults.add("a.csv:3:district", "unknown district 'X'", "allowed: 110101")
    with pytest.raises(InputError) as caught:
        faults.raise_if_any()
    assert len(caught.value.faults) == 2
    assert "a.csv:2:NOx: -1 is negative -> give 0 or more" in str(caught.value)


def test_no_fault_no_error() -> None:
    Faults().raise_if_any()


def test_gathering_joins_what_is_raised_inside() -> None:
    with pytest.raises(InputError) as caught, gathering() as faults:
        faults.add("here", "one", "mend")
        raise InputError([Fault("there", "two", "mend")])
    assert [fault.where for fault in caught.value.faults] == ["here", "there"]


def test_gathering_lets_other_errors_pass() -> None:
    with pytest.raises(KeyError), gathering() as faults:
        faults.add("here", "one", "mend")
        raise KeyError("other")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("onroad_gasolin", "did you mean onroad_gasoline?"),
        ("xyz", "allowed: onroad_gasoline, cooking"),
    ],
)
def test_remedy_names_the_nearest_or_all(name: str, remedy: str) -> None:
    assert did_you_mean(name, ["onroad_gasoline", "cooking"]) == remedy


def test_a_long_list_is_cut_with_its_length() -> None:
    assert did_you_mean("zzz", [f"a{i}" for i in range(40)], listed=2) == "allowed: a0, a1, ... (40 in all)"


def test_what_was_done_before_the_refusal_is_told() -> None:
    fault = [Fault("run.sh", "is stale", "write it again")]
    assert InputError(fault).left == "nothing was written"
    assert InputError(fault, left="nothing was started").left == "nothing was started"
