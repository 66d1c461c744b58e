"""Building the page of a city from its results."""

from roadmap.report.page import Page, Section
from roadmap.report.results import Results
from roadmap.report.sections import effect, inventory, model, ratio, review, road, scenarios, trust
from roadmap.report.texts import Bilingual, Language, text


def build(results: Results, language: Language) -> Page:
    """Return the page: key numbers, then road, inventory, scenarios, model, effect, ratio, past periods, trust."""
    subject = results.subject
    return Page(
        title=_in_both("page_title", city=subject.name),
        subtitle=text("page_subtitle", base=subject.base_year),
        language=language,
        cards=(*road.cards(results), ratio.card(results)),
        sections=_sections(results),
        notices=notices(results),
        footer=(text("footer_version", version=subject.version),),
    )


def _sections(results: Results) -> tuple[Section, ...]:
    first = (road.section, inventory.section, scenarios.section, model.section, effect.section, ratio.section)
    past = tuple(review.section(results, one) for one in results.subject.reviews)
    return (*(part(results) for part in first), *past, trust.section(results))


def notices(results: Results) -> tuple[Bilingual, ...]:
    """Return what a reader must know first: constructed data, which days, what the model is."""
    subject = results.subject
    days = text(f"notice_{subject.days_kind}", source=subject.days_source, count=subject.days_count)
    mark = (text("notice_illustrative"),) if subject.illustrative else ()
    return (*mark, days, text("notice_screening"))


def _in_both(key: str, **values: Bilingual) -> Bilingual:
    pattern = text(key)
    return Bilingual(
        pattern.zh.format(**{name: value.zh for name, value in values.items()}),
        pattern.en.format(**{name: value.en for name, value in values.items()}),
    )
