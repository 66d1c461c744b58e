"""Standards, status of the air, control effect, response surface: pure functions on arrays, tables as data frames."""

from evaluation.aqi import daily_aqi, day_counts, iaqi
from evaluation.attainment import attained_pollutants, attainment
from evaluation.change_maps import change_maps
from evaluation.days import daily_maximum, daily_mean
from evaluation.design_value import DesignValue, future_statistic, future_statistics
from evaluation.effect import DailyPair, Effect, control_effect, effect_of_pair, relative_response
from evaluation.episodes import day_table, episodes, observed_city_daily
from evaluation.grid_effect import patch_radius, site_cells, site_pair, zone_pair
from evaluation.heavy_pollution import warning_runs
from evaluation.hj663 import annual_statistics, city_daily, city_statistics, daily_values, percentile
from evaluation.matrix import (
    MatrixReading,
    along_ray,
    least_cut,
    matrix_of,
    matrix_reading,
    matrix_table,
    reduction_ratio,
    regime,
    ridge_line,
)
from evaluation.modelled_period import period_days, whole_days
from evaluation.official import official_value, read_contributions, read_official
from evaluation.performance import judged, metrics, performance_table
from evaluation.period_change import normalised_changes, period_change, published_shares
from evaluation.response_surface import LooError, ResponseSurface, fit_surface
from evaluation.standards import edition, edition_of_year, limit, limits, statistic, statistics
from evaluation.status import annual_status, day_status
from evaluation.trend import Trend, seasonal_trend, trend, trend_table
from evaluation.units import in_standard_units

__all__ = [
    "DailyPair",
    "DesignValue",
    "Effect",
    "LooError",
    "MatrixReading",
    "ResponseSurface",
    "Trend",
    "along_ray",
    "annual_statistics",
    "annual_status",
    "attained_pollutants",
    "attainment",
    "change_maps",
    "city_daily",
    "city_statistics",
    "control_effect",
    "daily_aqi",
    "daily_maximum",
    "daily_mean",
    "daily_values",
    "day_counts",
    "day_status",
    "day_table",
    "edition",
    "edition_of_year",
    "effect_of_pair",
    "episodes",
    "fit_surface",
    "future_statistic",
    "future_statistics",
    "iaqi",
    "in_standard_units",
    "judged",
    "least_cut",
    "limit",
    "limits",
    "matrix_of",
    "matrix_reading",
    "matrix_table",
    "metrics",
    "normalised_changes",
    "observed_city_daily",
    "official_value",
    "patch_radius",
    "percentile",
    "performance_table",
    "period_change",
    "period_days",
    "published_shares",
    "read_contributions",
    "read_official",
    "reduction_ratio",
    "regime",
    "relative_response",
    "ridge_line",
    "seasonal_trend",
    "site_cells",
    "site_pair",
    "statistic",
    "statistics",
    "trend",
    "trend_table",
    "warning_runs",
    "whole_days",
    "zone_pair",
]
