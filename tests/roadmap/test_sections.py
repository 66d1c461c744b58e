"""What the sections say of the synthetic city: each sentence and table by hand."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from roadmap.report.page import Figure, Tabular
from roadmap.report.results import Results
from roadmap.report.sections import effect, inventory, model, ratio, review, road, scenarios, trust

NUMBER_TOLERANCE = 1e-9
"""Quotients of round numbers."""

Changed = Callable[..., Results]


def cells(html: str) -> list[list[str]]:
    """Return the text of the cells of each row of a table, in English where there are two."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    english = [re.sub(r'<span lang="zh-CN">.*?</span>', "", row) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)] for row in english]


# --- road


def test_road_findings_name_sure_bare_and_missed(synthetic: Results) -> None:
    (sentence,) = road.findings(synthetic)
    assert sentence.en == (
        "2031, by GB 3095-2026 (final limits): PM₂.₅ annual mean, CO, 95th percentile attain; NO₂ annual mean attain, "
        "but not over the whole interval; O₃ MDA8, 90th percentile do not attain: further measures are needed."
    )
    assert "O₃ 日最大8小时第90百分位未达标，需追加措施" in sentence.zh


def test_road_finding_when_all_attain(changed: Changed, synthetic: Results) -> None:
    table = synthetic.road.assign(attained=True, attained_surely=True)
    (sentence,) = road.findings(changed({"roadmap/roadmap": table}))
    assert sentence.en == "2031, by GB 3095-2026 (final limits): all 4 statistics attain, over the whole interval."


def test_the_road_tells_what_it_assumes_of_the_inflow(synthetic: Results) -> None:
    sentence = road.inflow_finding(synthetic)
    assert "PM₂.₅ is assumed to change by −20%, of NO₂ by −25%, of O₃ by −5%" in sentence.en
    assert "PM₂.₅ 假定变化 −20%" in sentence.zh


def test_road_table_by_hand(synthetic: Results) -> None:
    rows = cells(road.road_table(synthetic).html)
    assert rows[0] == ["Statistic", "2025", "Projected", "By change", "90% interval", "Limit", "Attained",
                       "Sample (days × districts)"]  # fmt: skip
    assert rows[1] == ["2031 · Road &lt;script&gt; · GB 3095-2026 (final limits)"]
    assert rows[2] == ["PM₂.₅ annual mean", "27.0", "22.0", "22.5", "21.0 to 23.0", "25", "✓ attained", "2 × 2"]
    assert rows[3][6] == "! attained, but not over the whole interval"
    assert rows[4][1:5] == ["0.90", "0.80", "1.30", "0.70 to 0.85"], "CO in mg/m3 has two digits"
    assert rows[5][6] == "✗ not attained"


def test_interval_caption_tells_its_sample_and_what_it_lacks(synthetic: Results, changed: Changed) -> None:
    typical, observed = road.sample_caption(synthetic), road.sample_caption(changed(days_kind="observed"))
    assert "3 typical days and 2 districts" in typical.en
    assert "does not tell how sure a number is" in typical.en
    assert "3 real days and 2 districts" in observed.en


def test_cards_carry_a_verdict_in_words(synthetic: Results) -> None:
    first, second = road.cards(synthetic)
    assert (first.label.en, first.value, first.tone, first.verdict.en) == (
        "PM₂.₅ annual mean, 2031", "22.0", "good", "attained",
    )  # fmt: skip
    assert (second.value, second.tone, second.verdict.zh) == ("165.0", "bad", "未达标")
    assert first.note.en == "90% interval 21.0 to 23.0; limit 25; 27 in 2025"
    assert road.TONES["barely"] == "warn"


def test_limits_step_with_the_editions(synthetic: Results) -> None:
    steps = road.limit_steps(("PM25_mean",), synthetic, 2031)
    assert steps[["start_year", "end_year", "limit"]].to_numpy().tolist() == [
        [2013, 2025, 35.0],
        [2026, 2030, 30.0],
        [2031, 2031, 25.0],
    ]


def test_a_city_without_official_values_has_a_table_but_no_trend(synthetic: Results) -> None:
    bare = Results(synthetic.work, synthetic.subject, synthetic.official.head(0), synthetic.published)
    assert [type(part) for part in road.section(bare).parts] == [Tabular]


# --- inventory


def test_inventory_findings_by_hand(synthetic: Results) -> None:
    said, ledger = inventory.findings(synthetic, synthetic.table("emissions/totals"))
    assert said.en == (
        "The inventory of 2013 has 2 sources: NOₓ 20 kt, VOC 30 kt, primary PM₂.₅ 8 kt. "
        "Largest source of NOₓ: On-road (75%); of VOC: On-road (75%)."
    )
    assert "NOₓ 2.0 万吨" in said.zh
    assert ledger.en == (
        "Mass ledger: 3 steps from the table to the file, largest relative error 2.5×10⁻⁸ (bound 1×10⁻⁶)."
    )


def test_density_is_mass_over_area(synthetic: Results) -> None:
    totals = synthetic.table("emissions/totals")
    drawn = inventory.density(synthetic, totals, "NOx")
    area = synthetic.subject.districts["990101"].area_m2() / 1e6
    assert drawn.by_district["990101"] == pytest.approx(10_000.0 / area, rel=NUMBER_TOLERANCE)
    assert 8_000 < area < 9_600, "a square degree at 40 degrees north has some 9,500 km2"


def test_published_table_is_folded_bilingual_and_escaped(synthetic: Results) -> None:
    part = inventory.published_table(synthetic)
    assert part.folded is not None
    assert part.folded.en == "Beside 2 published totals (open)"
    rows = cells(part.html)
    assert rows[1] == ["total (all anthropogenic)", "2013", "NOₓ", "23,000", "20,000", "t/a", "−13.0",
                       "missed, year from memory", "Someone 2019"]  # fmt: skip
    assert rows[2] == ["change (ours &lt;b&gt;)", "2013–2017", "PM₂.₅", "−43", "—", "%", "—", "", "press"]
    assert "总量（全部人为源）" in part.html


def test_no_published_table_without_published_totals(synthetic: Results) -> None:
    bare = Results(synthetic.work, synthetic.subject, synthetic.official, pd.DataFrame())
    assert not any(isinstance(part, Tabular) for part in inventory.section(bare).parts)


# --- scenarios


def test_cuts_of_the_milestone(synthetic: Results) -> None:
    (sentence,) = scenarios.findings(synthetic)
    assert sentence.en == "From 2025 to 2031: NOₓ is cut by 50%, VOC by 25%, primary PM₂.₅ by 25% (VOC:NOₓ = 0.50)."


def test_scenarios_of_the_inflow_only_are_left_out_and_named(synthetic: Results) -> None:
    rows = scenarios.changes(synthetic)
    assert "inflow" not in set(rows["scenario"])
    assert "base" not in set(rows["scenario"])
    assert scenarios.emissions_figure(synthetic).caption.en.endswith("are left out: Only the inflow.")


def test_groups_of_scenarios(synthetic: Results) -> None:
    made = scenarios.groups(synthetic, {"only_coal", "past_2017", "now", "target", "inflow"}, "en")
    assert [(group.title, list(group.scenarios)) for group in made] == [
        ("One category alone", ["only_coal"]),
        ("Looking back", ["past_2017", "inflow"]),
        ("The road ahead", ["now", "target"]),
    ]
    assert len({group.colour for group in made}) == 3


def test_measures_by_size_with_departments_period_and_tonnes(synthetic: Results) -> None:
    part = scenarios.measures_table(synthetic, synthetic.table("roadmap/timetable"))
    rows = cells(part.html)
    assert [row[0] for row in rows[1:]] == ["Paint", "Electric cars", "Clean heating"]
    assert rows[2] == [
        "Electric cars",
        "Transport, Ecology and environment",
        "2026–2031",
        "3,000",
        "1,000",
        "0",
        "0",
        "0",
    ]
    assert rows[3][1:3] == ["某局", "2026–2029"]
    assert part.caption.en.startswith("The 3 measures that remove most (of 3;")


def test_bars_of_the_timetable_take_the_lead_department(synthetic: Results) -> None:
    rows = scenarios.bars(synthetic.table("roadmap/timetable"), "zh")
    assert dict(zip(rows["title"], rows["lead"], strict=True)) == {
        "电动车": "交通运输部门",
        "清洁取暖": "某局",
        "涂料": "生态环境部门",
    }


def test_a_road_without_measures_has_no_timetable(changed: Changed, synthetic: Results) -> None:
    bare = changed({"roadmap/timetable": synthetic.table("roadmap/timetable").head(0)})
    assert [part.key for part in scenarios.section(bare).parts if isinstance(part, Figure)] == ["emissions"]


# --- model


def test_the_bias_of_ozone_is_told_as_it_is(synthetic: Results) -> None:
    """The synthetic model is 50 % above every observation; observations average 120."""
    ozone, fine, missed = model.findings(synthetic)
    assert ozone.en == "O₃ MDA8: mean bias +60 μg/m³ (NMB +50%), r = 1.00, n = 12."
    assert fine.en.startswith("PM₂.₅ daily mean: mean bias −6 μg/m³ (NMB −5%)")
    assert "O₃ MDA8 NMB = 50% (criteria Emery 2017 15%, Huang 2025 (China) 20%)" in missed.en
    assert "O₃ MDA8 NME = 50% (criteria Emery 2017 25%)" in missed.en
    assert "PM₂.₅" not in missed.en
    assert "absolute concentrations are not to be used" in missed.en


def test_a_model_that_misses_nothing_says_so(changed: Changed, synthetic: Results) -> None:
    table = synthetic.table("evaluation/performance")
    good = table[table["pollutant"] == "PM25"]
    assert model.findings(changed({"evaluation/performance": good}))[-1].en.startswith("Model performance: all 9")


def test_benchmarks_with_value_bounds_and_grade(synthetic: Results) -> None:
    part = model.benchmark_table(synthetic)
    rows = cells(part.html)
    assert part.folded is not None
    assert rows[1][:7] == ["O₃ MDA8", "NMB", "Emery 2017", "50%", "5%", "15%", "missed"]
    grades = {row[6] for row in rows[1:]}
    assert grades == {"missed", "goal met"}


def test_metrics_and_cases(synthetic: Results) -> None:
    rows = cells(model.metrics_table(synthetic).html)
    assert [row[:4] for row in rows[1:]] == [
        ["O₃", "MDA8", "μg/m³", "12"],
        ["PM₂.₅", "daily mean", "μg/m³", "12"],
        ["NO₂", "hourly", "μg/m³", "12"],
    ]
    cases = cells(model.case_table(synthetic.table("evaluation/diurnal")).html)
    assert cases[1] == ["Summer O₃ episode", "63", "73", "52", "62", "52", "62"]
    assert cases[2][0] == "a case of the user"


def test_typical_days_admit_that_samples_are_not_independent(synthetic: Results, changed: Changed) -> None:
    assert "not independent" in model.metrics_table(synthetic).caption.en
    assert "not independent" not in model.metrics_table(changed(days_kind="observed")).caption.en


# --- effect


def test_best_and_worst_scenarios(synthetic: Results) -> None:
    rows = effect.effect_rows(synthetic)
    assert len(rows) == 15, "the road's own projections are no effects"
    fine, ozone, worse = effect.findings(synthetic, rows)
    assert fine.en == "PM₂.₅ annual mean falls most in: Road <script> (−62.0 μg/m³, interval −64.0 to −61.0)."
    assert ozone.en.startswith("O₃ MDA8, 90th percentile falls most in: Road <script> (−20.7 μg/m³")
    assert worse.en == "Mind: Only coal raises O₃ MDA8, 90th percentile (+2.0 μg/m³, interval −30.0 to +3.0)."


def test_change_by_district_from_the_base_and_from_the_start(synthetic: Results) -> None:
    fine, ozone = effect.MAPPED
    assert effect.district_change(synthetic, fine, "target", "base") == {"990101": -70.0, "990102": -62.0}
    assert effect.district_change(synthetic, fine, "target", "now") == {"990101": -10.0, "990102": -12.0}
    assert effect.district_change(synthetic, ozone, "target", "now") == {"990101": -10.0, "990102": 5.0}


# --- ratio


def test_ratio_findings_by_hand(synthetic: Results) -> None:
    """At the start VOC is 60 % and NOx 50 %; the ridge lies at 0.5 + 0.2 x 0.6 = 62 %."""
    regime, suggested, start, cut = ratio.findings(synthetic)
    assert regime.en == "City: VOC-limited; with VOC unchanged ozone rises until NOₓ has fallen to 70% of the base."
    assert "at least 0.80:1 at the start and 1.20:1 over the whole way" in suggested.en
    assert "(leave-one-out error of the surface 0.20%)" in suggested.en
    assert start.en.startswith("In 2025 NOₓ stands at 50% of the base, already below the ridge (62%)")
    assert cut.en == "The least cut that brings high-day MDA8 to 160 μg/m³: NOₓ 40% + VOC 30%."


def test_above_the_ridge_the_ratio_binds(changed: Changed, synthetic: Results) -> None:
    totals = synthetic.totals
    now_nox = (totals["scenario"] == "now") & (totals["pollutant"] == "NOx")
    more = totals.assign(mass_t=totals["mass_t"].where(~now_nox, 16_000.0))
    (said,) = ratio.start_finding(changed({"scenarios/totals": more}))
    assert said.en.startswith("In 2025 NOₓ stands at 80% of the base, still above the ridge (62%)")


def test_nothing_is_said_of_a_start_outside_the_ridge(changed: Changed, synthetic: Results) -> None:
    edge = synthetic.table("evaluation/ridge").assign(at_edge=True)
    assert ratio.start_finding(changed({"evaluation/ridge": edge})) == ()
    assert ratio.start_finding(changed(start_scenario="base")) == ()


def test_other_readings_of_the_ratio(changed: Changed, synthetic: Results) -> None:
    table = synthetic.table("evaluation/ratio")
    city = table["zone"] == "city"
    limited = table.assign(peak_ratio=np.where(city, 1.3, table["peak_ratio"]))
    said = ratio.findings(changed({"evaluation/ratio": limited}))
    assert "cutting NOₓ lowers ozone by itself (peak ratio 130%)" in said[0].en
    unreached = table.assign(ratio_suggested=np.nan)
    results = changed({"evaluation/ratio": unreached})
    assert "no VOC cut keeps ozone from rising" in ratio.findings(results)[1].en
    assert ratio.card(results).value == "0.8 : 1", "without a suggestion the card shows the ratio at the start"


def test_when_local_cuts_do_not_reach_the_target(changed: Changed, synthetic: Results) -> None:
    table = synthetic.table("evaluation/cuts").assign(reached=False, o3=181.6)
    assert "bring high-day MDA8 to 182 μg/m³ at best (target 160)" in (
        ratio.cut_finding(changed({"evaluation/cuts": table})).en
    )


def test_caption_explains_the_limit_in_and_outside_the_surface(changed: Changed, synthetic: Results) -> None:
    inside = ratio.isopleth_caption(ratio.city_isopleth(synthetic, "zh"))
    assert "red: the grade II limit of 160 μg/m³" in inside.en
    table = synthetic.table("evaluation/cuts").assign(target=100.0)
    caption = ratio.isopleth_caption(ratio.city_isopleth(changed({"evaluation/cuts": table}), "zh"))
    assert "does not hold the grade II limit of 100 μg/m³, so no line shows it" in caption.en
    assert "故无限值线" in caption.zh


def test_points_of_the_isopleth(synthetic: Results) -> None:
    points = ratio.scenario_points(synthetic, "en")
    assert points["title"].tolist() == ["2013", "2017", "2025", "2031"]
    assert points["nox"].to_numpy() == pytest.approx([1.0, 0.8, 0.5, 0.25], abs=NUMBER_TOLERANCE)
    assert points["voc"].to_numpy() == pytest.approx([1.0, 0.9, 0.6, 0.45], abs=NUMBER_TOLERANCE)


def test_ratio_table_begins_with_the_city(synthetic: Results) -> None:
    part = ratio.ratio_table(synthetic)
    rows = cells(part.html)
    assert rows[1] == ["City", "162", "VOC-limited", "0.70", "+0.80", "1.20"]
    assert rows[2] == ["Jia", "165", "VOC-limited", "0.70", "+1.10", "—"]
    assert part.html.count('class="set-off"') == 1


def test_ratio_map_leaves_the_city_out(synthetic: Results) -> None:
    assert ratio.ratio_panel(synthetic).by_district == {"990101": 1.1, "990102": -0.2}


# --- looking back


def test_review_findings_and_its_honest_note(synthetic: Results) -> None:
    table = synthetic.table("evaluation/review_2013_2017")
    said = [sentence.en for sentence in review.findings(table, tuned=True)]
    assert said[0] == "PM₂.₅ annual mean: official −35%, modelled −34% (interval −37 to −31%)."
    assert said[1] == "O₃ MDA8, 90th percentile: official +5%, modelled −5% (interval −6 to −4%)."
    assert "not of the weather" in said[2]
    assert said[3].endswith("agreement here validates nothing.")
    assert [sentence.en for sentence in review.findings(table, tuned=False)] == said[:3]


def test_changes_beside_weather_normalised_ones(synthetic: Results) -> None:
    stem = "2013_2017"
    table = review.changes_table(
        synthetic.table(f"evaluation/review_{stem}"), synthetic.table(f"evaluation/normalised_{stem}")
    )
    assert table["pollutant"].tolist() == ["PM25", "NO2", "O3"], "what has no official change is not shown"
    assert table["normalised_pct"].iloc[0] == -34.0
    assert table["normalised_pct"].iloc[1:].isna().all()


def test_a_review_without_published_studies(changed: Changed, synthetic: Results) -> None:
    bare = changed()
    for name in ("categories", "shares", "normalised"):
        (bare.work / f"evaluation/{name}_2013_2017.csv").unlink()
    made = review.section(bare, synthetic.subject.reviews[0])
    assert [type(part) for part in made.parts] == [Figure]


def test_shares_table_is_typeset(synthetic: Results) -> None:
    rows = cells(review.shares_table(synthetic.table("evaluation/shares_2013_2017")).html)
    assert rows[1] == ["Study 2019", "local", "65.0", "−20.5", "Study 2019, PM₂.₅ 2013–2017"]


# --- trust


def test_trust_findings(synthetic: Results, changed: Changed) -> None:
    days, interval, flags, _ = trust.findings(synthetic)
    assert days.en == "3 days modelled (typical days), source: synthetic, 3 days with O₃ > 160 μg/m³."
    assert "effect of the sample only" in interval.en
    assert flags.en == "Share of the inventory's mass that is flagged as constructed: NOₓ 25%, VOC 25%, PM₂.₅ 25%."
    table = synthetic.table("emissions/flags")
    real = changed({"emissions/flags": table[table["flag"] == "read"]}, days_kind="observed")
    assert len(trust.findings(real)) == 3


def test_closure_table_holds_the_worst_of_each_step(synthetic: Results) -> None:
    rows = cells(trust.closure_table(synthetic).html)
    assert rows[1:] == [["inventory", "placing", "0"], ["placing", "files", "2.5×10⁻⁸"]]
