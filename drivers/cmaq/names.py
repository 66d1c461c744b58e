"""Names of scenarios, streams and regions as files and namelists can hold them; text is data, never code."""

import re
from hashlib import sha256

LABEL_LENGTH = 32
"""Characters of a stream or region label in DESID (emission variables and species: 16)."""

VARIABLE_LENGTH = 16

_LABEL = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", re.ASCII)
_UNSAFE_CHARACTER = re.compile(r"[^A-Za-z0-9_-]", re.ASCII)
_KEPT_LENGTH = 40
_DIGEST_LENGTH = 8


def folder_name(name: str) -> str:
    """Return a folder name for a scenario: its own name when it is plain, else made plain and told apart by a hash."""
    if _SAFE.fullmatch(name):
        return name
    digest = sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{_UNSAFE_CHARACTER.sub('_', name)[:_KEPT_LENGTH] or '_'}.{digest}"


def is_label(text: str, length: int = LABEL_LENGTH) -> bool:
    """Whether a text can be a label of a stream or region: capitals, digits and _, a letter first."""
    return len(text) <= length and _LABEL.fullmatch(text) is not None


def region_label(district: str) -> str:
    """Return the region label and mask variable of a district (`D110101`).

    Raises ValueError for a code that gives no label.
    """
    label = f"D{district.upper()}"
    if not is_label(label, VARIABLE_LENGTH):
        raise ValueError(f"district code {district!r} gives no region label of {VARIABLE_LENGTH} characters")
    return label
