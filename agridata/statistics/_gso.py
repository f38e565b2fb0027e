"""Tables of the General Statistics Office as the R package `gso` publishes them.

Two layouts: the province tables in one long file (``table, year, province, variable, value``),
and one wide file per national table. Which column is what, and in which unit, stands here: the
files name it only in part. Caught sea fish is in thousand tonnes although the other fish tables
by province are in tonnes (the province sums say so).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlmodel import Session

from agridata.errors import InputError
from agridata.observations import Row, Table, file_stem, require_columns
from agridata.statistics._long import FIRST_YEAR, Published, ReadRow, figure_of, store_figures
from agridata.storage import ImportReport, SourceInfo
from agridata.vocabulary import Utc

__all__ = ["NATIONAL_TABLES", "PROVINCE_VARIABLES", "import_gso"]

COUNTRY = "Viet Nam"
LONG_COLUMNS = ("table", "year", "province", "variable", "value")

Column = tuple[str, str, str, str]
"""(subject, measure, season, published unit)"""

GSO_SEASONS: Mapping[str, str] = {
    "spring": "winter_spring", "autumn": "summer_autumn", "winter": "main_season",
}  # fmt: skip
"""The office's spring, autumn and winter paddy are Đông Xuân, Hè Thu and Mùa."""


def _area(subject: str, season: str = "year") -> Column:
    return (subject, "planted_area", season, "1000 ha")


def _production(subject: str, season: str = "year", unit: str = "1000 t") -> Column:
    return (subject, "production", season, unit)


def _yield(subject: str, season: str = "year") -> Column:
    return (subject, "yield", season, "quintal/ha")


def _paddy() -> dict[str, Column]:
    columns = {}
    seasons = {"": "year"} | {f"{key}_": season for key, season in GSO_SEASONS.items()}
    for prefix, season in seasons.items():
        columns[f"planted_area_of_{prefix}paddy"] = _area("rice", season)
        columns[f"production_of_{prefix}paddy"] = _production("rice", season)
        columns[f"yield_of_{prefix}paddy"] = _yield("rice", season)
    return columns


PROVINCE_VARIABLES: Mapping[str, Column] = {
    **_paddy(),
    "planted_area_of_maize": _area("maize"),
    "production_of_maize": _production("maize"),
    "yield_of_maize": _yield("maize"),
    "planted_area_of_cereals": _area("cereals"),
    "production_of_cereals": _production("cereals"),
    "production_of_cereals_per_capita": ("cereals", "per_capita", "year", "kg"),
    "planted_area_of_cassava": _area("cassava"),
    "production_of_cassava": _production("cassava"),
    "planted_area_of_sweet_potatoes": _area("sweet_potato"),
    "production_of_sweet_potatoes": _production("sweet_potato"),
    "number_of_buffaloes": ("buffalo", "heads", "year", "1000 heads"),
    "number_of_cattles": ("cattle", "heads", "year", "1000 heads"),
    "number_of_pigs": ("pig", "heads", "year", "1000 heads"),
    "number_of_poultry": ("poultry", "heads", "year", "1000 heads"),
    "area_of_water_surface_for_the_aquaculture": ("aquaculture", "area", "year", "1000 ha"),
    "production_of_aquaculture": _production("aquaculture", unit="t"),
    "production_of_aquaculture_fish": _production("aquaculture_fish", unit="t"),
    "production_of_aquaculture_shrimp": _production("aquaculture_shrimp", unit="t"),
    "production_of_fishery": _production("fishery", unit="t"),
    "production_of_fishery_caught": _production("capture", unit="t"),
    "production_of_caught_sea_fish": _production("capture_sea_fish"),
    "number_of_upper_90_cv_offshore_fishing_vessels": ("offshore_vessels", "count", "year", "1"),
    "total_capacity_of_upper_90_cv_offshore_fishing_vessels": (
        "offshore_vessels", "power", "year", "1000 CV",
    ),
    "area_of_concentrated_planted_forest": (
        "concentrated_planted_forest", "area", "year", "1000 ha",
    ),
    "area_of_destroyed_forest": ("destroyed_forest", "area", "year", "ha"),
    "area_of_fired_forest": ("burnt_forest", "area", "year", "ha"),
    "area_of_forest": ("forest", "area", "year", "1000 ha"),
    "natural_forest": ("natural_forest", "area", "year", "1000 ha"),
    "planted_forest": ("planted_forest", "area", "year", "1000 ha"),
    "newplanted_are": ("new_planted_forest", "area", "year", "1000 ha"),
    "proportion_of_forest_coverage": ("forest", "share", "year", "%"),
    "gross_output_of_wood": ("wood", "volume", "year", "1000 m3"),
    "number_of_farms": ("farms", "count", "year", "1"),
    "total": ("farms_2011", "count", "year", "1"),
    "cultivation_farm": ("farms_crops", "count", "year", "1"),
    "livestock_farm": ("farms_livestock", "count", "year", "1"),
    "fishing_farm": ("farms_fishing", "count", "year", "1"),
    "others": ("farms_other", "count", "year", "1"),
    "cities_under_provinces": ("provincial_cities", "count", "year", "1"),
    "communes": ("communes", "count", "year", "1"),
    "rural_districts": ("rural_districts", "count", "year", "1"),
    "town_districts": ("town_districts", "count", "year", "1"),
    "towns": ("towns", "count", "year", "1"),
    "urban_districts": ("urban_districts", "count", "year", "1"),
    "wards": ("wards", "count", "year", "1"),
}  # fmt: skip
"""Variable of the province tables → what it is and its published unit."""

_ANNUAL = {"cotton": "cotton", "maize": "maize", "paddy": "rice", "peanut": "peanut",
           "soya_bean": "soybean", "sugar_cane": "sugarcane"}  # fmt: skip
_PERENNIAL = {
    "cashew_nut": "cashew", "coffee": "coffee", "fruit_crops": "fruit", "grape": "grape",
    "litchi_rambutan": "litchi_rambutan", "longan": "longan", "mango": "mango",
    "orange_mandarin": "citrus", "pepper": "pepper", "rubber": "rubber", "tea": "tea",
    "perennial_industrial_crops": "perennial_industrial_crops",
}  # fmt: skip
_PERENNIAL_PRODUCTS = {
    {"coffee": "coffee_seed", "rubber": "rubber_dry_latex", "tea": "tea_fresh"}.get(key, key): crop
    for key, crop in _PERENNIAL.items()
}
_GROUPS = {
    "annual_crops": "annual_crops", "annual_industrial_crops": "annual_industrial_crops",
    "cereals": "cereals", "fruit_crops": "fruit", "perennial_crops": "perennial_crops",
    "perennial_industrial_crops": "perennial_industrial_crops", "total": "all_crops",
}  # fmt: skip
_BOTH = "planted_area_and_production_"

NATIONAL_TABLES: Mapping[str, Mapping[str, Column]] = {
    "gso_planted_area_and_production_of_paddy": {
        f"{_BOTH}{prefix}_{unit}": make("rice", season)
        for prefix, season in {
            "total": "year", **{f"of_{key}_paddy": value for key, value in GSO_SEASONS.items()},
        }.items()
        for unit, make in (("thous_ha", _area), ("thous_tons", _production))
    },
    "gso_planted_area_and_production_of_cereals": {
        f"{_BOTH}{prefix}_{unit}": make(crop)
        for prefix, crop in (("total", "cereals"), ("of_maize", "maize"), ("of_paddy", "rice"))
        for unit, make in (("thous_ha", _area), ("thous_tons", _production))
    },
    "gso_planted_area_of_crops_by_crop_group": {
        f"planted_area_thous_ha_{key}": _area(crop) for key, crop in _GROUPS.items()
    },
    "gso_planted_area_of_main_annual_crops": {
        f"planted_area_thous_ha_{key}": _area(crop) for key, crop in _ANNUAL.items()
    },
    "gso_production_of_main_annual_crops": {
        f"production_thous_tons_{key}": _production(crop) for key, crop in _ANNUAL.items()
    },
    "gso_yield_of_main_annual_crops": {
        f"yield_quintal_ha_{key}": _yield(crop) for key, crop in _ANNUAL.items()
    },
    "gso_planted_area_of_main_perennial_crops": {
        f"planted_area_thous_ha_{key}": _area(crop) for key, crop in _PERENNIAL.items()
    },
    "gso_area_having_product_of_main_perennial_crops": {
        f"area_thous_ha_{key}": (crop, "bearing_area", "year", "1000 ha")
        for key, crop in _PERENNIAL.items()
    },
    "gso_production_of_main_perennial_crops": {
        f"production_thous_tons_{key}": _production(crop)
        for key, crop in _PERENNIAL_PRODUCTS.items()
    },
    "gso_livestock_population_as_of_annual_1st_october": {
        f"livestock_population_thous_heads_{key}": (subject, "heads", "year", unit)
        for key, subject, unit in (
            ("buffaloes", "buffalo", "1000 heads"), ("cattle", "cattle", "1000 heads"),
            ("goats_sheep", "goat_sheep", "1000 heads"), ("horses", "horse", "1000 heads"),
            ("pigs", "pig", "1000 heads"), ("poultry_mill", "poultry", "million heads"),
        )
    },
    "gso_main_products_of_livestock": {
        "living_weight_of_buffaloes_thous_tons": _production("buffalo"),
        "living_weight_of_cattle_thous_tons": _production("cattle"),
        "living_weight_of_pig_thous_tons": _production("pig"),
        "slaughtered_poultry_thous_tons": _production("poultry"),
        "egg_mill_pieces": ("eggs", "count", "year", "million"),
        "fresh_milk_mill_litres": ("milk", "volume", "year", "million l"),
        "honey_ton": _production("honey", unit="t"),
        "silkworm_cocoon_ton": _production("silkworm_cocoon", unit="t"),
    },
    "gso_area_of_water_surface_for_the_aquaculture": {
        "total": ("aquaculture", "area", "year", "1000 ha"),
    },
    "gso_production_of_aquaculture": {
        "production_thous_tons_total": _production("aquaculture"),
        "production_thous_tons_fish": _production("aquaculture_fish"),
        "production_thous_tons_shrimps": _production("aquaculture_shrimp"),
    },
    "gso_production_of_fishery": {
        "production_thous_tons_total": _production("fishery"),
        "production_thous_tons_aquaculture": _production("aquaculture"),
        "production_thous_tons_catch": _production("capture"),
    },
    "gso_production_of_fishery_caught_by_kinds_of_activity": {
        "production_thous_tons_total": _production("capture"),
        "production_thous_tons_sea_catch": _production("capture_sea"),
        "production_thous_tons_inland_catch": _production("capture_inland"),
        "production_thous_tons_sea_catch_fish": _production("capture_sea_fish"),
    },
}  # fmt: skip
"""File name of a national table → its columns that are figures. Columns of growth indices are
not stored: they follow from the figures."""


def import_gso(session: Session, path: Path, info: SourceInfo, now: Utc) -> ImportReport:
    """Store a table of the General Statistics Office; the caller commits.

    Parameters
    ----------
    path
        The long file of province tables, or one of `NATIONAL_TABLES` by its file name.

    Returns
    -------
    ImportReport
        Counted in rows of the file: a figure in the long file, a year in a national one
        (stored if one of its figures is).

    Raises
    ------
    InputError
        If the file is neither.
    """
    if file_stem(path) in NATIONAL_TABLES:
        columns = NATIONAL_TABLES[file_stem(path)]
        return store_figures(
            session, path, info, now,
            lambda table: require_columns(table, ("year", *columns)),
            lambda _table: _national_reader(columns),
        )  # fmt: skip
    return store_figures(session, path, info, now, _check_long, lambda _table: _province_row)


def _check_long(table: Table) -> None:
    names = {str(name) for name in table.frame.columns}
    if not names >= set(LONG_COLUMNS):
        raise InputError(
            "is no known table of the General Statistics Office",
            where=f"{table.name}:1",
            fix=f"give the long file ({', '.join(LONG_COLUMNS)}) or keep the name of a national "
            "table (gso_….csv, see docs/statistics.md)",
            problem_vi="không phải bảng thống kê GSO mà chương trình biết",
            fix_vi="hãy dùng tệp dài theo tỉnh, hoặc giữ nguyên tên tệp gso_….csv",
        )


def _national_reader(columns: Mapping[str, Column]) -> ReadRow:
    def read(row: Row, last_year: int) -> Iterable[Published]:
        year = row.year("year", FIRST_YEAR, last_year)
        for name, column in columns.items():
            figure = _figure(row, COUNTRY, "country", column, year, name)
            if figure is not None:
                yield figure

    return read


def _province_row(row: Row, last_year: int) -> list[Published]:
    variable = row.text("variable")
    if variable not in PROVINCE_VARIABLES:
        raise row.rejected(
            "variable", f"{variable!r} is not a known table",
            "leave it out, or add it to PROVINCE_VARIABLES",
            f"không biết bảng {variable!r}", "hãy bỏ dòng này",
        )  # fmt: skip
    row.text("value")
    year = row.year("year", FIRST_YEAR, last_year)
    unit, column = row.text("province"), PROVINCE_VARIABLES[variable]
    figure = _figure(row, unit, "province", column, year, "value")
    return [figure] if figure else []


def _figure(
    row: Row, unit: str, level: str, column: Column, year: int, cell: str
) -> Published | None:
    subject, measure, season, raw_unit = column
    return figure_of(
        row, unit=unit, level=level, subject=subject, measure=measure, season=season, year=year,
        column=cell, raw_unit=raw_unit,
    )  # fmt: skip
