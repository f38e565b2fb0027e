"""Items of the ground: texture, density, moisture, temperature, cover, height."""

from __future__ import annotations

from dataclasses import replace

from agridata.environment import (
    BULK_DENSITY,
    CLAY,
    ELEVATION,
    LAND_SURFACE_TEMPERATURE,
    MODEL_ECE,
    RULES,
    SAND,
    SOIL_MOISTURE,
    Finding,
    Soil,
    bulk_density_finding,
    cover_finding,
    model_salinity_finding,
    moisture_finding,
    texture_finding,
)
from apps.views._text import Lang, number, say
from apps.views.environment._items import KELVIN, Item, age_text, month_text, pixels, span, told
from apps.views.environment._text import COVER, ENVIRONMENT, ITEMS, KINDS, TEXTURE_NAMES

__all__ = ["soil_items"]

CROPLAND = (12, 14)
"""IGBP classes of cropland, pure and mixed with natural plants."""

COVERS_SHOWN = 3


def soil_items(soil: Soil, lang: Lang) -> tuple[Item, ...]:
    items: list[Item | None] = [_texture_item(soil, lang)]
    items.append(_map_item(soil, BULK_DENSITY, "g/cm³", 0.01, 2, lang, bulk_density_finding(soil)))
    moisture = moisture_finding(soil)
    items.append(_image_item(soil, SOIL_MOISTURE, "m³/m³", 0.0, 2, lang, "image", moisture))
    surface = Finding("surface", RULES["surface"])
    items.append(
        _image_item(soil, LAND_SURFACE_TEMPERATURE, "°C", -KELVIN, 1, lang, "image", surface)
    )
    salinity = model_salinity_finding(soil)
    items.append(_image_item(soil, MODEL_ECE, "dS/m", 0.0, 1, lang, "model", salinity))
    items.append(_cover_item(soil, lang))
    height = Finding("elevation", RULES["elevation"])
    items.append(_map_item(soil, ELEVATION, "m", 1.0, 1, lang, height))
    return tuple(one for one in items if one is not None)


def _texture_item(soil: Soil, lang: Lang) -> Item | None:
    key, label = "texture", say(ITEMS, lang, "texture")
    share = None if soil.soil_share is None else number(100 * soil.soil_share, lang, 0)
    if soil.texture is None:
        if share is None:
            return None
        note = say(ENVIRONMENT, lang, "soil_water", share=share)
        return Item(key, label, say(ENVIRONMENT, lang, "unknown"), "", "", "unknown", note)
    sand, clay = soil.values[SAND], soil.values[CLAY]
    silt = 1000 - sand.mean - clay.mean
    parts = say(
        ENVIRONMENT, lang, "parts", sand=number(sand.mean / 10, lang, 0),
        silt=number(silt / 10, lang, 0), clay=number(clay.mean / 10, lang, 0),
    )  # fmt: skip
    origin = say(ENVIRONMENT, lang, "map")
    if share is not None:
        origin += "; " + say(ENVIRONMENT, lang, "soil_share", share=share)
    item = Item(
        key, label, f"{TEXTURE_NAMES[soil.texture].text(lang)} ({parts})", f"SoilGrids, {origin}",
        KINDS["map"].text(lang), "", simulated=sand.simulated,
    )  # fmt: skip
    return told(item, texture_finding(soil), lang)


def _map_item(
    soil: Soil, band: str, unit: str, factor: float, digits: int, lang: Lang,
    finding: Finding | None,
) -> Item | None:  # fmt: skip
    value = soil.values.get(band)
    if value is None:
        return None
    item = Item(
        band, say(ITEMS, lang, band), span(value, unit, factor, 0.0, digits, lang),
        f"{say(ENVIRONMENT, lang, 'map')}; {pixels(value, lang)}", KINDS["map"].text(lang), "",
        simulated=value.simulated,
    )  # fmt: skip
    return told(item, finding, lang)


def _image_item(
    soil: Soil, band: str, unit: str, add: float, digits: int, lang: Lang, kind: str,
    finding: Finding | None,
) -> Item | None:  # fmt: skip
    value = soil.values.get(band)
    if value is None or value.age is None:
        return None
    age = age_text(value.age, lang)
    seen = say(ENVIRONMENT, lang, "image_of", month=month_text(value.time.date()), age=age)
    item = Item(
        band, say(ITEMS, lang, band), span(value, unit, 1.0, add, digits, lang),
        f"{seen}; {pixels(value, lang)}", KINDS[kind].text(lang),
        "fresh" if value.fresh else "old", simulated=value.simulated,
    )  # fmt: skip
    if not value.fresh:
        return replace(item, note=say(ENVIRONMENT, lang, "old", age=age))
    return told(item, finding, lang)


def _cover_item(soil: Soil, lang: Lang) -> Item | None:
    if not soil.land_cover:
        return None
    shares = ", ".join(
        say(
            ENVIRONMENT, lang, "share", share=number(100 * share, lang, 0),
            name=COVER[number_].text(lang) if number_ in COVER else str(number_),
        )
        for number_, share in soil.land_cover[:COVERS_SHOWN]
        if share >= 0.005
    )  # fmt: skip
    item = Item(
        "cover", say(ITEMS, lang, "cover"), shares, f"MODIS, {say(ENVIRONMENT, lang, 'map')}",
        KINDS["map"].text(lang), "",
    )  # fmt: skip
    return told(item, cover_finding(soil, CROPLAND), lang)
