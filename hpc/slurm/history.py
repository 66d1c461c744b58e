"""What a journal tells when its events are added up: submissions, how jobs ended, since when nobody knows of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hpc.job import Failure, JobState


@dataclass(frozen=True)
class Submission:
    """One array that was meant to be submitted: `job_id` is empty while nobody knows whether it was.

    `after` is the token of the array whose tasks this one's wait for, one by one.
    """

    token: str
    script: str
    units: tuple[str, ...]
    attempt: int
    time: float
    after: str = ""
    job_id: str = ""
    refused: str = ""
    cancelled: bool = False

    @property
    def orphan(self) -> bool:
        """Whether the driver died, or lost the answer, between the intent and the id."""
        return not self.job_id and not self.refused


@dataclass(frozen=True)
class Ending:
    """How a job ended, as the driver saw and noted it: seconds of work, time of the note (s since 1970)."""

    state: JobState
    seconds: float = 0.0
    time: float = 0.0
    reason: str = ""
    failure: Failure | None = None


@dataclass
class History:
    """The events of a journal added up; `add` takes more of them.

    `failures` are the classes of all attempts of a job that failed, in order; `forgiven` by `retry`.
    """

    submissions: dict[str, Submission] = field(default_factory=dict)
    endings: dict[str, Ending] = field(default_factory=dict)
    failures: dict[str, tuple[Failure, ...]] = field(default_factory=dict)
    unseen: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Mapping[str, Any]]) -> "History":
        """Return the history that these events make."""
        own = cls()
        for event in events:
            own.add(event)
        return own

    def add(self, event: Mapping[str, Any]) -> None:
        """Take one event."""
        _TAKE[event["event"]](self, event)

    def _intent(self, event: Mapping[str, Any]) -> None:
        units = tuple(event["units"])
        self.submissions[event["token"]] = Submission(
            event["token"], event["script"], units, event["attempt"], event["time"], event.get("after", "")
        )
        for name in units:
            self.endings.pop(name, None)
            self.unseen.pop(name, None)

    def _submitted(self, event: Mapping[str, Any]) -> None:
        self._change(event["token"], job_id=event["job_id"], refused="")

    def _refused(self, event: Mapping[str, Any]) -> None:
        self._change(event["token"], refused=event["message"])

    def _cancelled(self, event: Mapping[str, Any]) -> None:
        self._change(event["token"], cancelled=True)

    def _change(self, token: str, **values: Any) -> None:
        self.submissions[token] = replace(self.submissions[token], **values)

    def _done(self, event: Mapping[str, Any]) -> None:
        now = event["time"]
        self.endings |= {name: Ending(JobState.DONE, seconds, now) for name, seconds in event["jobs"].items()}

    def _ended(self, event: Mapping[str, Any]) -> None:
        failure = Failure(event["failure"]) if event.get("failure") else None
        name = event["job"]
        self.endings[name] = Ending(
            JobState(event["state"]), event.get("seconds", 0.0), event["time"], event["reason"], failure
        )
        if failure is not None:
            self.failures[name] = (*self.failures.get(name, ()), failure)

    def _unseen(self, event: Mapping[str, Any]) -> None:
        for name in event["jobs"]:
            self.unseen.setdefault(name, event["time"])

    def _seen(self, event: Mapping[str, Any]) -> None:
        for name in event["jobs"]:
            self.unseen.pop(name, None)

    def _retry(self, event: Mapping[str, Any]) -> None:
        for name in event["jobs"]:
            self.endings.pop(name, None)
            self.failures.pop(name, None)
            self.unseen.pop(name, None)


_TAKE = {
    "intent": History._intent, "submitted": History._submitted, "refused": History._refused,
    "cancelled": History._cancelled, "done": History._done, "ended": History._ended, "unseen": History._unseen,
    "seen": History._seen, "retry": History._retry,
}  # fmt: skip
