"""Tables of the page: a header in both languages, numbers to the right, missing values as a dash."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from numpy.typing import NDArray

from roadmap.report.numbers import decimal
from roadmap.report.texts import Bilingual


@dataclass(frozen=True)
class Column:
    """One column: the field of the data, its heading, and how a value is shown."""

    field: str
    heading: Bilingual
    show: Callable[[object], object] = str
    numeric: bool = False


def as_is(value: object) -> object:
    """Return the value itself: texts in both languages show themselves."""
    return value


def column(texts: Iterable[Bilingual]) -> NDArray[np.object_]:
    """Return texts as a column of a data frame."""
    listed = list(texts)
    cells = np.empty(len(listed), dtype=object)
    cells[:] = listed
    return cells


def number(digits: int, *, sign: bool = False) -> Callable[[object], object]:
    """Return a formatter with fixed digits after the point and thousands marks."""
    return lambda value: decimal(value, digits, sign=sign)


def table(
    data: pd.DataFrame, columns: Sequence[Column], *, highlight: str | None = None, group: str | None = None
) -> Markup:
    """Return the HTML of a table. Every text is escaped.

    Rows whose field `highlight` is true are set off; above rows whose field `group` differs from the row before
    stands a heading with its text.
    """
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_side(column), escape(column.heading)) for column in columns
    )
    rows, lines, last = data.to_dict("records"), [], None
    for row in rows:
        if group and row[group] != last:
            last = row[group]
            heading = Markup('<tr class="group"><th colspan="{}" scope="colgroup">{}</th></tr>')
            lines.append(heading.format(len(columns), escape(last)))
        lines.append(_row(row, columns, highlight))
    body = Markup("\n").join(lines)
    return Markup('<div class="scroll"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>').format(
        head, body
    )


def _row(row: dict[object, object], columns: Sequence[Column], highlight: str | None) -> Markup:
    cells = Markup("").join(
        Markup("<td{}>{}</td>").format(_side(column), escape(column.show(row[column.field]))) for column in columns
    )
    mark = Markup(' class="set-off"') if highlight and row[highlight] else Markup("")
    return Markup("<tr{}>{}</tr>").format(mark, cells)


def _side(column: Column) -> Markup:
    return Markup(' class="num"') if column.numeric else Markup("")
