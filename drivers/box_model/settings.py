"""Settings of the box model: the table `[box]` of a city file, each with a default and its reason."""

from collections.abc import Mapping
from dataclasses import asdict, field, fields
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from aqcore.errors import Fault, InputError, did_you_mean

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


def _seasons(summer: float, winter: float) -> Any:
    return field(default_factory=lambda: {"summer": summer, "winter": winter})


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class BoxSettings:
    """How a city's boxes are run; values by season are keyed by the season's name.

    Attributes
    ----------
    engine, mechanism, reaction_groups
        which solver, which chemistry. Chlorine is left out by default: without sea salt it changes nothing.
    relative_tolerance
        of the solver; 1e-3 keeps hourly ozone within 0.04 ppb of 1e-6.
    spinup_days
        days run before each modelled day (its day before, or itself again when that is not known).
    segment_s
        time between exchanges of boxes, residual layer and aerosol (s); divides an hour.
    timezone
        of the city; the 24 hours of a day are local.
    core_zones
        districts of the built-up core, which breathe each other's air before they breathe the city's.
    fetch_share
        fetch of the ventilation U / L over the side of the district: 0.5, because the air in its middle has crossed
        half of it (a well-mixed box of the whole side would hold the concentration of its lee edge everywhere).
    wind_steadiness
        share of the wind speed that carries air away (vector over scalar mean of a day); None takes it from the
        day's mean wind by `data/wind_steadiness.csv`: light winds turn and bring the air back.
    wind_exponent_day, wind_exponent_night
        power law of the wind over height: 0.15 to 0.20 unstable, 0.30 stable for cities (Irwin 1979, from memory).
    roughness_m, albedo, moisture, anthropogenic_heat_wm2
        the urban surface: z0 0.8 to 1.3 m in Beijing; evaporation parameter 0.5 is dense urban (Holtslag and van
        Ulden 1983); heat of a large city about 20 W m-2 (from memory).
    layer_floor_m, layer_ceiling_m
        limits of the mixed layer: OZIPR takes 150 to 250 m for a city's morning.
    gamma
        potential-temperature gradient above the layer (K m-1), one a season, such that the daily maximum meets the
        published 1.4 to 1.5 km on average days (Wang H. et al. 2020) and 0.4 to 0.6 km in winter haze.
    inflow_cycle
        whether ozone near the ground follows a regional daily cycle where the background has one value a day.
    aod, aod_per_pm25
        optical depth at 550 nm of an average day, and per ug m-3 of the day's observed PM2.5 (AERONET seasonal mean
        over monitors' mean, Beijing 2013 to 2017); the latter is used where PM2.5 was observed.
    ozone_du
        ozone column (Dobson units), Beijing.
    cloud
        cloud cover when the met has none (0 is clear, as episode days are).
    green_share, isoprene_factor, monoterpene_factor, sesquiterpene_factor, leaf_area_index
        biogenic emission: vegetated share of a district (a number, or a table by district), MEGAN emission factors
        (ug m-2 h-1, broadleaf deciduous temperate trees), leaf area index; `growing` scales them by season.
    so2_gamma_dry, so2_gamma_wet, so2_uptake
        uptake coefficient of SO2 at RH <= 50 % and at 100 % (after Zheng B. et al. 2015, from memory), and the share
        of it that acts in each season.
    n2o5_gamma_max, particle_radius_um, ntr2_hydrolysis_s
        cap of the N2O5 uptake coefficient (Davis et al. 2008), effective dry radius of the particles, hydrolysis of
        organic nitrate (s-1).
    hono_ground_gamma
        uptake of NO2 on the ground that gives HONO: 1e-6 low, 2e-6 usual, 1e-5 high (from memory).
    pcvoc_per_poa
        intermediate-volatility carbon emitted with primary organic aerosol (mass ratio): 1.5 (Robinson et al. 2007,
        from memory); CMAQ's US-tuned 6.579 also stands for what its inventory lacks.
    """

    engine: Literal["rosenbrock", "micm"] = "rosenbrock"
    mechanism: str = "cb6r5_ae7"
    reaction_groups: tuple[str, ...] = ("core", "hetero", "soa_counter")
    relative_tolerance: Positive = 1e-3
    spinup_days: Annotated[int, Field(ge=1, le=10)] = 2
    segment_s: Annotated[int, Field(gt=0, le=3600)] = 1800
    timezone: str = "Asia/Shanghai"
    core_zones: tuple[str, ...] = ()
    fetch_share: Positive = 0.5
    wind_steadiness: Share | None = None
    wind_exponent_day: NotNegative = 0.20
    wind_exponent_night: NotNegative = 0.30
    roughness_m: Positive = 1.0
    albedo: Share = 0.15
    moisture: Share = 0.5
    anthropogenic_heat_wm2: NotNegative = 20.0
    layer_floor_m: Positive = 150.0
    layer_ceiling_m: Positive = 3000.0
    gamma: Mapping[str, Positive] = _seasons(0.006, 0.010)
    inflow_cycle: bool = True
    aod: Mapping[str, NotNegative] = _seasons(0.8, 0.5)
    aod_per_pm25: Mapping[str, NotNegative] = _seasons(0.012, 0.0048)
    ozone_du: Mapping[str, Positive] = _seasons(315.0, 345.0)
    cloud: Share = 0.0
    green_share: Share | Mapping[str, Share] = 0.3
    isoprene_factor: NotNegative = 10000.0
    monoterpene_factor: NotNegative = 890.0
    sesquiterpene_factor: NotNegative = 180.0
    leaf_area_index: NotNegative = 3.0
    growing: Mapping[str, Share] = _seasons(1.0, 0.0)
    so2_gamma_dry: Share = 2e-5
    so2_gamma_wet: Share = 5e-5
    so2_uptake: Mapping[str, Share] = _seasons(0.0, 1.0)
    n2o5_gamma_max: Share = 0.05
    particle_radius_um: Positive = 0.18
    ntr2_hydrolysis_s: NotNegative = 1e-5
    hono_ground_gamma: Share = 2e-6
    pcvoc_per_poa: NotNegative = 1.5

    @classmethod
    def read(cls, raw: Mapping[str, Any], *, where: str = "city.toml: box") -> Self:
        """Return the settings of a table; a table by season changes only the seasons that it names.

        Raises `InputError` with every fault: unknown keys, wrong types, values out of range.
        """
        defaults = asdict(cls())
        merged = {
            key: {**defaults[key], **value}
            if isinstance(value, Mapping) and isinstance(defaults.get(key), dict)
            else value
            for key, value in raw.items()
        }
        try:
            return TypeAdapter(cls).validate_python(merged)
        except ValidationError as error:
            names = [item.name for item in fields(cls)]
            raise InputError(
                Fault(
                    f"{where}.{'.'.join(str(part) for part in detail['loc'])}",
                    f"{detail['msg']} (it is {detail['input']!r})",
                    did_you_mean(str(detail["loc"][0]), names)
                    if detail["type"] in {"unexpected_keyword_argument", "extra_forbidden"}
                    else "give a value as BoxSettings describes it",
                )
                for detail in error.errors(include_url=False)
            ) from error

    def of_season(self, name: str, season: str) -> float:
        """Return the value of a setting by season; raise `InputError` when the season has none."""
        table: Mapping[str, float] = getattr(self, name)
        if season not in table:
            remedy = f"add {season} to box.{name}; {did_you_mean(season, table)}"
            raise InputError([Fault(f"box.{name}", f"no value for the season {season!r}", remedy)])
        return float(table[season])

    def green(self, zone: str) -> float:
        """Return the vegetated share of a district (0 for a district that a given table leaves out)."""
        if isinstance(self.green_share, Mapping):
            return float(self.green_share.get(zone, 0.0))
        return float(self.green_share)
