"""Which days decide the ozone statistic."""

import numpy as np

from yice.stages.response import OZONE_SHARE, ozone_days


def test_an_episode_that_stands_for_enough_days_is_taken_alone() -> None:
    # 63 of 365 days are 17 %, above 15 %
    weights = np.array([63.0, 121.0, 33.0, 102.0, 46.0])
    assert ozone_days(np.array([230.0, 150.0, 20.0, 50.0, 80.0]), weights).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_days_are_added_until_the_share_is_reached() -> None:
    # each day stands for a twelfth: one is 8 %, two are 17 %
    ozone = np.arange(12.0)
    chosen = ozone_days(ozone, np.full(12, 365.0 / 12.0))
    assert np.flatnonzero(chosen).tolist() == [10, 11]
    assert chosen.sum() / 12 >= OZONE_SHARE


def test_one_day_is_its_own_ozone_day() -> None:
    assert ozone_days(np.array([100.0]), np.array([365.0])).tolist() == [True]
