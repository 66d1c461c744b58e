"""Runs as jobs of a cluster: days in chunks and chains, box-model runs side by side, names that stay the same."""

import pytest

from yice.stages.jobs import _chunks


@pytest.mark.parametrize(
    ("segments", "longest", "expected"),
    [
        ([("1", ""), ("2", "1"), ("3", "2")], 2, [(("1", "2"), False), (("3",), True)]),
        ([("1", ""), ("2", "1"), ("5", ""), ("6", "5")], 9, [(("1", "2"), False), (("5", "6"), False)]),
        ([("s-1", ""), ("1", "s-1"), ("2", "1"), ("s-3", ""), ("3", "s-3")], 2,
         [(("s-1", "1"), False), (("2",), True), (("s-3", "3"), False)]),
        ([("1", "")], 1, [(("1",), False)]),
        ([], 3, []),
    ],
)  # fmt: skip
def test_days_become_chunks_that_continue_each_other_only_where_the_days_do(segments, longest, expected):
    assert list(_chunks(segments, longest)) == expected
