"""Bad input gathered into one error: every fault at once, with its place and its remedy."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the input: where it stands, what is wrong, what to do."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} -> {self.remedy}"


class InputError(Exception):
    """The input has faults; `faults` lists all of them, `left` says what was done (command line: exit status 2)."""

    def __init__(self, faults: Iterable[Fault], *, left: str = "nothing was written") -> None:
        self.faults = tuple(faults)
        self.left = left
        super().__init__("\n".join(str(fault) for fault in self.faults))


class RunFailed(Exception):
    """A model run or a stage failed although its input was accepted (exit status 1)."""


class Faults:
    """A list of faults that is filled while checking and raised once at the end."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, where: str, what: str, remedy: str) -> None:
        """Note one fault: place (`file:row:key`), finding, remedy."""
        self._faults.append(Fault(where, what, remedy))

    def extend(self, faults: Iterable[Fault]) -> None:
        """Take over the faults of another check."""
        self._faults.extend(faults)

    def __len__(self) -> int:
        return len(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def raise_if_any(self) -> None:
        """Raise `InputError` when at least one fault was noted."""
        if self._faults:
            raise InputError(self._faults)


@contextmanager
def gathering() -> Iterator[Faults]:
    """Collect faults in a block and raise them together when it ends.

    An `InputError` raised inside the block joins the faults noted so far.
    """
    faults = Faults()
    try:
        yield faults
    except InputError as error:
        faults.extend(error.faults)
    faults.raise_if_any()


def did_you_mean(name: str, allowed: Iterable[str], *, listed: int = 12) -> str:
    """Return a remedy that names the nearest allowed values, or lists them."""
    names = list(allowed)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return "did you mean " + ", ".join(near) + "?"
    more = "" if len(names) <= listed else f", ... ({len(names)} in all)"
    return "allowed: " + ", ".join(names[:listed]) + more
