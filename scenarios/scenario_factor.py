"""A direct factor: the shortest way to say what a scenario does to emissions."""

from dataclasses import dataclass, field

from scenarios.target import Target


@dataclass(frozen=True)
class DirectFactor:
    """A factor on the emission of one pollutant from the sources of a target; 1 leaves it as it is.

    Two entries with the same `key` but different values contradict each other. A particle component that no entry of
    the same target names follows its parent (`scenarios.coupling`).
    """

    target: Target
    pollutant: str
    factor: float
    where: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[Target, str]:
        """What the entry overrides."""
        return (self.target, self.pollutant)
