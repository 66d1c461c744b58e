"""The base of every table of the city file."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the city file: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
