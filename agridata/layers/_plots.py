"""Check a file of plots against a rule set before it is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agridata.errors import UsageError
from agridata.layers._check import COUNTRY_BOX, CheckedFeature, defect_of_shape
from agridata.layers._countries import country_box, is_country
from agridata.layers._neighbours import find_overlaps
from agridata.layers._plot_files import MAX_DECIMALS, Plot, read_plots
from agridata.layers._reasons import Defect, NamedFinding, finding
from agridata.storage import geodesic_area_m2

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["RULE_SETS", "PlotReport", "check_plots"]

RULE_SETS = {"eudr": "EUDR GeoJSON file description and validation rules 1.3"}
"""Rule set → what it follows."""

LARGEST_POINT_HA = 4.0
"""Regulation (EU) 2023/1115 art. 2(28): plots above 4 ha need a polygon, except for cattle."""

SMALLEST_POINT_HA = 0.1
"""Validation rules 1.3: the `Area` of a point is 0.1 to 4 ha."""

PLOT_TYPES = ("Point", "MultiPoint", "Polygon", "MultiPolygon", "GeometryCollection")
"""Types of RFC 7946 that the file description accepts: no lines."""

IDENTITIES = ("plot_id", "source_id", "code", "id", "polygon_uuid", "uuid", "ProductionPlace")
"""Attributes that name a plot for good, first match first."""

COUNTRIES = ("ProducerCountry", "country")


@dataclass(slots=True)
class PlotReport:
    """The verdict on a file: `findings` speak against it, `notes` do not."""

    rules: str
    plots: int = 0
    area_ha: float = 0.0
    findings: list[NamedFinding] = field(default_factory=list)
    notes: list[NamedFinding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against the file."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``plots check``."""
        return {
            "ok": self.ok,
            "rules": self.rules,
            "plots": self.plots,
            "area_ha": round(self.area_ha, 4),
            "errors": [one.as_dict() for one in self.findings],
            "notes": [one.as_dict() for one in self.notes],
        }


def check_plots(path: Path, rules: str = "eudr") -> PlotReport:
    """Judge every plot of a file (GeoJSON; also KML, CSV and the other formats we read).

    Returns
    -------
    PlotReport
        Each finding names row, attribute and reason. Overlaps between plots, digits beyond
        the sixth and a missing country are notes.

    Raises
    ------
    InputError
        If the file cannot be read at all.
    UsageError
        If the rule set is unknown.

    References
    ----------
    Regulation (EU) 2023/1115 art. 2(28) and 9; European Commission, EUDR GeoJSON file
    description 1.3; RFC 7946.
    """
    if rules not in RULE_SETS:
        raise UsageError(
            f"{rules!r} is not a rule set", field="--rules", fix=f"use {', '.join(RULE_SETS)}",
            problem_vi=f"không có bộ quy tắc {rules!r}", fix_vi=f"hãy dùng {', '.join(RULE_SETS)}",
        )  # fmt: skip
    report = PlotReport(RULE_SETS[rules])
    plots, report.findings[:] = read_plots(path)
    report.plots = len(plots)
    judged = []
    for plot in plots:
        found = list(_findings(plot))
        report.findings += found
        report.notes += _notes(plot)
        if not found and plot.shape is not None:
            judged.append(plot)
            report.area_ha += geodesic_area_m2(plot.shape) / 10_000
    repeated = list(_repeated(plots))
    report.findings += repeated
    twins = {one.where for one in repeated}
    report.notes += _overlaps(plot for plot in judged if plot.where not in twins)
    return report


def _findings(plot: Plot) -> Iterator[NamedFinding]:
    """Yield what is wrong with one plot: identity, attributes, then the first of its shape."""
    if _identity(plot) is None:
        yield finding(plot.where, "no_plot_id", field="plot_id")
    for column in COUNTRIES[:1]:
        value = plot.properties.get(column)
        if value not in (None, "") and not is_country(str(value)):
            yield finding(plot.where, "country", repr(value), field=column)
    defect = next((one for one in (rule(plot) for rule in SHAPE_RULES) if one), None)
    if defect is not None:
        yield finding(plot.where, defect.reason, defect.detail, field=defect.field)
    else:
        yield from _area_findings(plot)


def _read_defect(plot: Plot) -> Defect | None:
    if plot.kind and plot.kind not in PLOT_TYPES:
        return Defect("geometry_type", plot.kind)
    return plot.defect


def _place_defect(plot: Plot) -> Defect | None:
    """Tell positions off the Earth, and axes that only fit a country when swapped."""
    assert plot.shape is not None, "a plot without a shape has a defect"
    min_x, min_y, max_x, max_y = plot.shape.bounds
    wide, high = max(abs(min_x), abs(max_x)), max(abs(min_y), abs(max_y))
    if wide > 180 or high > 90:
        if wide <= 90 and high <= 180:
            return Defect("swapped_axes", f"latitude {max_y} is beyond 90")
        return Defect("off_earth", f"longitude {max_x}, latitude {max_y}")
    box, country = _expected_box(plot)
    if box is None or _inside(min_x, min_y, box) or not _inside(min_y, min_x, box):
        return None
    return Defect("swapped_axes", f"only swapped they lie in {country}")


def _shape_defect(plot: Plot) -> Defect | None:
    for part in _parts(plot.shape):
        if part.geom_type.endswith("LineString"):
            return Defect("geometry_type", part.geom_type)
        holes = sum(len(one.interiors) for one in _parts(part) if one.geom_type == "Polygon")
        if holes:
            return Defect("hole", f"{holes} inner rings" if holes > 1 else "one inner ring")
        defect = defect_of_shape(part)
        if defect is not None:
            return defect
        if part.geom_type.endswith("Polygon") and geodesic_area_m2(part) == 0:
            return Defect("not_valid", "its area is zero")
    return None


SHAPE_RULES: tuple[Callable[[Plot], Defect | None], ...] = (
    _read_defect, _place_defect, _shape_defect,
)  # fmt: skip


def _parts(shape: BaseGeometry | None) -> Sequence[Any]:
    """Return the members of a collection (also of a multi-part shape), else the shape."""
    return list(getattr(shape, "geoms", [shape]))


def _expected_box(plot: Plot) -> tuple[tuple[float, float, float, float] | None, str]:
    """Return the box of the country that attributes, file or plot code name."""
    hints = [plot.properties.get(column) for column in COUNTRIES] + [plot.country]
    code = str(_identity(plot) or "")
    hints.append(code[:2] if code[2:3] == "-" else None)
    for hint in hints:
        country = str(hint or "").upper()
        if country == "VN":
            return COUNTRY_BOX, "VN"
        if is_country(country) and country_box(country) is not None:
            return country_box(country), country
    return COUNTRY_BOX, "VN"


def _inside(lon: float, lat: float, box: tuple[float, float, float, float]) -> bool:
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def _area_findings(plot: Plot) -> Iterator[NamedFinding]:
    """Judge the hectares said of a point; areas speak for themselves."""
    if "Point" not in plot.kind or _is_cattle(plot.properties):
        return
    for column in ("Area", "area_ha"):
        value = plot.properties.get(column)
        if value in (None, ""):
            continue
        try:
            hectares = float(str(value))
        except ValueError:
            hectares = float("nan")
        if hectares > LARGEST_POINT_HA:
            yield finding(plot.where, "plot_needs_area", f"{hectares:g} ha", field=column)
        elif not hectares >= SMALLEST_POINT_HA:
            yield finding(plot.where, "plot_area", repr(value), field=column)
        return


def _is_cattle(properties: Mapping[str, Any]) -> bool:
    return any(str(properties.get(key, "")).casefold() == "cattle" for key in
               ("commodity", "Commodity"))  # fmt: skip


def _notes(plot: Plot) -> Iterator[NamedFinding]:
    if plot.most_decimals is not None and plot.most_decimals > MAX_DECIMALS:
        yield finding(plot.where, "many_decimals", "they are rounded to 6")
    if plot.least_decimals is not None and plot.least_decimals < MAX_DECIMALS:
        yield finding(plot.where, "few_decimals", f"{plot.least_decimals} in one coordinate")
    if not plot.properties.get("ProducerCountry"):
        yield finding(plot.where, "no_country", field="ProducerCountry")


def _identity(plot: Plot) -> str | None:
    found = (plot.properties.get(column) for column in IDENTITIES)
    known = next((value for value in found if value not in (None, "")), plot.identity)
    return None if known is None else str(known)


def _repeated(plots: Sequence[Plot]) -> Iterator[NamedFinding]:
    """Yield plots whose identifier or outline an earlier plot has."""
    import shapely

    names: dict[str, str] = {}
    outlines: dict[bytes, str] = {}
    for plot in plots:
        name = _identity(plot)
        if name is not None and names.setdefault(name, plot.where) != plot.where:
            said = f"{name!r} is also {names[name]}"
            yield finding(plot.where, "duplicate", said, field="plot_id")
        elif plot.shape is not None and plot.defect is None:
            mark = shapely.to_wkb(shapely.normalize(plot.shape))
            first = outlines.setdefault(mark, plot.where)
            if first != plot.where:
                yield finding(plot.where, "duplicate", f"the same shape as {first}")


def _overlaps(plots: Iterable[Plot]) -> list[NamedFinding]:
    areas = [
        CheckedFeature(plot.where, {}, plot.shape, outside_country=False)
        for plot in plots
        if plot.shape is not None and plot.shape.geom_type.endswith("Polygon")
    ]
    found, small = find_overlaps(areas)
    return [*found.values(), *small]
