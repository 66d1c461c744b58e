"""Building the page of a city from its results."""

from roadmap.report.page import Page, Section
from roadmap.report.results import Results
from roadmap.report.sections import (
    effect,
    inventory,
    key_industries,
    model,
    quality,
    ratio,
    review,
    road,
    scenarios,
    trust,
)
from roadmap.report.texts import Bilingual, Language, text


def build(results: Results, language: Language) -> Page:
    """Return the page: key numbers, road, inventory and its quality, scenarios, model, effect, ratio, past, trust."""
    subject = results.subject
    return Page(
        title=text("page_title", city=subject.name),
        subtitle=text("page_subtitle", base=subject.base_year),
        language=language,
        cards=(*road.cards(results), ratio.card(results)),
        sections=_sections(results),
        summary=summary(results),
        notices=notices(results),
        footer=(text("footer_version", version=subject.version),),
    )


def _sections(results: Results) -> tuple[Section, ...]:
    about = [inventory.section]
    about += [part.section for part in (key_industries, quality) if results.has(part.NEEDED)]
    rest = (scenarios.section, model.section, effect.section, ratio.section)
    past = tuple(review.section(results, one) for one in results.subject.reviews)
    return (*(part(results) for part in (road.section, *about, *rest)), *past, trust.section(results))


def summary(results: Results) -> tuple[Bilingual, ...]:
    """Return the page in a few sentences: attainment, cuts, what is assumed of others, ozone, what the model misses."""
    last = results.subject.last
    return (
        *road.findings(results),
        scenarios.cut_finding(results, last.year),
        road.inflow_finding(results),
        *ratio.findings(results)[1:],
        model.missed_finding(results),
    )


def notices(results: Results) -> tuple[Bilingual, ...]:
    """Return what a reader must know first: constructed data, which days, what the model is."""
    subject = results.subject
    mark = (text("notice_illustrative"),) if subject.illustrative else ()
    return (*mark, text(f"notice_{subject.days_kind}", count=subject.days_count), text("notice_screening"))
