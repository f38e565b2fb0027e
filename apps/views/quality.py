"""The page on the wall: correct, complete, clean, live, with counts and the way to raise them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from agridata.quality import DIMENSIONS, RULES, QualityMeasure, history, latest
from agridata.vocabulary import Utc, to_utc
from apps.views._text import Lang, Sentence, day, moment, number, say

__all__ = ["QUALITY", "QualityPage", "quality_page"]

S = Sentence

QUALITY: Mapping[str, Sentence] = {
    "title": S("Chất lượng dữ liệu", "Quality of the data"),
    "subtitle": S("Đúng – đủ – sạch – sống", "Correct – complete – clean – live"),
    "correct": S("Đúng", "Correct"),
    "complete": S("Đủ", "Complete"),
    "clean": S("Sạch", "Clean"),
    "live": S("Sống", "Live"),
    "correct_text": S(
        "giá trị có thể có, khớp với nhau, đúng chỗ",
        "values can be, agree with each other, lie where they say",
    ),
    "complete_text": S(
        "không thiếu ô, không thiếu dòng, không thiếu năm", "no blanks, rows or years missing"
    ),
    "clean_text": S(
        "không trùng, không chép lại, mã có trong danh mục",
        "no duplicates, no copies, codes that exist",
    ),
    "live_text": S(
        "số đo mới, mã và giấy còn hiệu lực", "fresh readings, codes and papers in force"
    ),
    "none": S("chưa có gì để kiểm", "nothing to check"),
    "counts": S("{failing} lỗi trong {checked} lần kiểm", "{failing} of {checked} checks fail"),
    "nothing": S(
        "Chưa đo lần nào. Chạy `agridata quality report` để đo.",
        "Never measured. Run `agridata quality report`.",
    ),
    "raise": S("Làm gì trước", "What to do first"),
    "raise_text": S(
        "Việc nâng điểm nhiều nhất đứng trước.", "What would raise a figure most stands first."
    ),
    "gain": S("{figure} +{points} điểm", "{figure} +{points} points"),
    "no_failures": S("Không có lỗi nào trong những gì đã kiểm.", "Nothing that was checked fails."),
    "data_sets": S("Từng bộ dữ liệu", "Each data set"),
    "units": S("Từng địa phương", "Each place"),
    "name": S("Tên", "Name"),
    "rows": S("dòng", "rows"),
    "history": S("Qua các lần đo", "Over time"),
    "history_text": S(
        "Trung bình các bộ dữ liệu, {first} – {last}, {count} lần đo.",
        "Mean over the data sets, {first} – {last}, {count} runs.",
    ),
    "history_one": S("Mới có một lần đo.", "There has been one run only."),
    "mean_text": S(
        "Trung bình của {count} bộ dữ liệu; bộ không kiểm được gì thì không tính (dấu –).",
        "Mean of {count} data sets; those where nothing could be checked do not count (–).",
    ),
    "measured": S("đo lúc {moment}", "measured {moment}"),
    "simulated": S("mô phỏng", "simulated"),
    "some_simulated": S("có bộ dữ liệu mô phỏng", "some data sets are simulated"),
    "more": S("và {count} dòng nữa", "and {count} more"),
    "row": S("{where}: {rule}", "{where}: {rule}"),
    "fails": S("{failing} trong {checked} chưa đạt", "{failing} of {checked} fail"),
}

TASKS_SHOWN = 8
"""What an office can take on before the next look at the wall."""

ROWS_SHOWN = 24
"""A wall has one page; the command line exports everything."""

CHART_WIDTH, CHART_HEIGHT = 300, 60


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as text, its share for the bar, and its state (ok, warn, bad, unknown)."""

    name: str
    text: str
    share: float | None
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Line:
    """A data set or place with its four figures."""

    name: str
    rows: str
    simulated: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """Something to mend: where, how many, how, and what it is worth."""

    what: str
    fails: str
    fix: str
    gain: str


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure over past runs as SVG points in a 300 × 60 box (0 at the bottom)."""

    name: str
    points: str
    now: str


@dataclass(frozen=True, slots=True)
class QualityPage:
    """Everything the page says; `measured` is False where no run was kept."""

    lang: Lang
    measured: bool
    as_of: str
    simulated: bool
    overall: tuple[Cell, ...]
    mean_text: str
    tasks: tuple[Task, ...]
    data_sets: tuple[Line, ...]
    more_data_sets: int
    units: tuple[Line, ...]
    more_units: int
    trends: tuple[Trend, ...]
    history_text: str


def quality_page(session: Session, *, lang: Lang, now: Utc) -> QualityPage:
    """Return the last run up to `now`, what to do first, and the way so far."""
    sets = latest(session, "data_set", now)
    units = latest(session, "unit", now)
    runs = history(session, None, now)
    when = to_utc(sets[0].as_of) if sets else now
    worst = sorted(units, key=lambda one: (_lowest(one), one.key))
    ordered = sorted(sets, key=lambda one: (_lowest(one), one.key))
    return QualityPage(
        lang=lang, measured=bool(sets), as_of=moment(when, lang),
        simulated=any(one.simulated for one in sets),
        overall=tuple(_overall(sets, name, lang) for name in DIMENSIONS),
        mean_text=say(QUALITY, lang, "mean_text", count=len(sets)),
        tasks=_tasks(sets, lang),
        data_sets=tuple(_line(one, lang) for one in ordered[:ROWS_SHOWN]),
        more_data_sets=max(0, len(ordered) - ROWS_SHOWN),
        units=tuple(_line(one, lang) for one in worst[:ROWS_SHOWN]),
        more_units=max(0, len(worst) - ROWS_SHOWN),
        trends=_trends(runs, lang) if len(runs) > 1 else (),
        history_text=_history_text(runs, lang),
    )  # fmt: skip


def _lowest(one: QualityMeasure) -> float:
    figures = [getattr(one, name) for name in DIMENSIONS]
    return min((figure for figure in figures if figure is not None), default=2.0)


def _percent(share: float | None, lang: Lang) -> str:
    """Return the share rounded down to 0.1: 100 % is written only where nothing fails."""
    return "–" if share is None else f"{number(int(share * 1000 + 1e-9) / 10, lang)} %"


def _state(share: float | None) -> str:
    if share is None:
        return "unknown"
    return "ok" if share >= 0.95 else "warn" if share >= 0.8 else "bad"


def _cell(name: str, share: float | None, note: str, lang: Lang) -> Cell:
    return Cell(name, _percent(share, lang), share, _state(share), note)


def _overall(sets: Sequence[QualityMeasure], name: str, lang: Lang) -> Cell:
    figures = [figure for one in sets if (figure := getattr(one, name)) is not None]
    share = sum(figures) / len(figures) if figures else None
    counted = [_counts(one.counts, name) for one in sets]
    checked = sum(number_of for number_of, _ in counted)
    failing = sum(number_of for _, number_of in counted)
    return _cell(name, share, _count_text(checked, failing, lang), lang)


def _counts(counts: Mapping[str, Any], name: str) -> tuple[int, int]:
    mine = [one for rule, one in counts.items() if rule in RULES and RULES[rule].dimension == name]
    return sum(one["checked"] for one in mine), sum(one["failing"] for one in mine)


def _count_text(checked: int, failing: int, lang: Lang) -> str:
    if not checked:
        return say(QUALITY, lang, "none")
    return say(
        QUALITY, lang, "counts", failing=number(failing, lang, 0), checked=number(checked, lang, 0)
    )


def _line(one: QualityMeasure, lang: Lang) -> Line:
    cells = tuple(
        _cell(name, getattr(one, name), _count_text(*_counts(one.counts, name), lang), lang)
        for name in DIMENSIONS
    )
    title = one.title_vi if lang == "vi" else one.title_en
    return Line(title, number(one.row_count, lang, 0), one.simulated, cells)


def _tasks(sets: Sequence[QualityMeasure], lang: Lang) -> tuple[Task, ...]:
    """Return failing rules, the one that would raise its figure most first.

    The same rule in several data sets (each yearbook is old) is one task: it is named after
    the data set where it weighs most.
    """
    best: dict[str, tuple[float, QualityMeasure]] = {}
    for one in sets:
        for rule, counted in one.counts.items():
            if rule in RULES and counted["failing"]:
                gain = counted["failing"] / _counts(one.counts, RULES[rule].dimension)[0]
                if rule not in best or best[rule][0] < gain:
                    best[rule] = (gain, one)
    first = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:TASKS_SHOWN]
    return tuple(_task(rule, gain, one, lang) for rule, (gain, one) in first)


def _task(rule: str, gain: float, one: QualityMeasure, lang: Lang) -> Task:
    spec, counted = RULES[rule], one.counts[rule]
    title = one.title_vi if lang == "vi" else one.title_en
    points = number(max(gain * 100, 0.01), lang, 1 if gain >= 0.001 else 2)
    return Task(
        say(QUALITY, lang, "row", where=title, rule=spec.vi if lang == "vi" else spec.en),
        say(
            QUALITY, lang, "fails", failing=number(counted["failing"], lang, 0),
            checked=number(counted["checked"], lang, 0),
        ),
        spec.fix_vi if lang == "vi" else spec.fix_en,
        say(QUALITY, lang, "gain", figure=say(QUALITY, lang, spec.dimension), points=points),
    )  # fmt: skip


def _trends(
    runs: Sequence[tuple[Utc, Mapping[str, float | None]]], lang: Lang
) -> tuple[Trend, ...]:
    begin, end = runs[0][0], runs[-1][0]
    span = (end - begin).total_seconds()
    trends = []
    for name in DIMENSIONS:
        points = [
            f"{CHART_WIDTH * (when - begin).total_seconds() / span:.0f},"
            f"{CHART_HEIGHT * (1 - figure):.0f}"
            for when, figures in runs
            if (figure := figures[name]) is not None
        ]
        now = _percent(runs[-1][1][name], lang)
        trends.append(Trend(name, " ".join(points), now))
    return tuple(trends)


def _history_text(runs: Sequence[tuple[Utc, Mapping[str, float | None]]], lang: Lang) -> str:
    if len(runs) < 2:
        return say(QUALITY, lang, "history_one")
    return say(
        QUALITY, lang, "history_text", first=day(runs[0][0].date(), lang),
        last=day(runs[-1][0].date(), lang), count=len(runs),
    )  # fmt: skip
