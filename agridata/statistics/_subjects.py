"""What statistics are about: subjects, measures, their unit in storage, units people send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "MEASURES", "NO_AREA_YIELD", "SUBJECTS", "UNITS", "Measure", "Subject", "published_factor",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A crop, animal, fishery … with its group and its names."""

    kind: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured: unit in storage, names, whether parts add up to a whole."""

    unit: str
    vi: str
    en: str
    extensive: bool = True


_KINDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "crop": {
        "rice": ("lúa", "rice"), "maize": ("ngô", "maize"), "cereals": ("cây có hạt", "cereals"),
        "sweet_potato": ("khoai lang", "sweet potato"), "cassava": ("sắn", "cassava"),
        "sugarcane": ("mía", "sugar cane"), "peanut": ("lạc", "peanut"),
        "soybean": ("đậu tương", "soya bean"), "cotton": ("bông", "cotton"),
        "tea": ("chè", "tea"), "coffee": ("cà phê", "coffee"), "rubber": ("cao su", "rubber"),
        "pepper": ("hồ tiêu", "pepper"), "cashew": ("điều", "cashew"), "grape": ("nho", "grape"),
        "mango": ("xoài", "mango"), "citrus": ("cam, quýt", "orange, mandarin"),
        "longan": ("nhãn", "longan"), "litchi_rambutan": ("vải, chôm chôm", "litchi, rambutan"),
        "pineapple": ("khóm", "pineapple"), "pomelo": ("bưởi", "pomelo"),
        "jackfruit": ("mít", "jackfruit"), "soursop": ("mãng cầu", "soursop"),
        "fruit": ("cây ăn quả", "fruit crops"), "vegetables": ("rau", "vegetables"),
        "annual_crops": ("cây hằng năm", "annual crops"),
        "perennial_crops": ("cây lâu năm", "perennial crops"),
        "annual_industrial_crops": ("cây công nghiệp hằng năm", "annual industrial crops"),
        "perennial_industrial_crops": ("cây công nghiệp lâu năm", "perennial industrial crops"),
        "all_crops": ("mọi cây trồng", "all crops"),
    },
    "livestock": {
        "buffalo": ("trâu", "buffalo"), "cattle": ("bò", "cattle"), "pig": ("lợn", "pigs"),
        "poultry": ("gia cầm", "poultry"), "goat_sheep": ("dê, cừu", "goats, sheep"),
        "horse": ("ngựa", "horses"), "chicken": ("gà", "chicken"), "duck": ("vịt", "duck"),
        "goat": ("dê", "goats"), "eggs": ("trứng", "eggs"), "milk": ("sữa tươi", "fresh milk"),
        "honey": ("mật ong", "honey"), "silkworm_cocoon": ("kén tằm", "silkworm cocoon"),
    },
    "aquaculture": {
        "aquaculture": ("nuôi thủy sản", "aquaculture"),
        "aquaculture_fish": ("cá nuôi", "farmed fish"),
        "aquaculture_shrimp": ("tôm nuôi", "farmed shrimp"),
        "aquaculture_other": ("thủy sản nuôi khác", "other aquaculture"),
        "eel": ("lươn", "eel"), "pangasius": ("cá tra", "pangasius"),
        "clown_knifefish": ("cá thát lát", "clown knifefish"),
        "snakehead": ("cá lóc", "snakehead"), "climbing_perch": ("cá rô", "climbing perch"),
    },
    "fishery": {
        "fishery": ("thủy sản", "fishery"), "capture": ("khai thác", "capture"),
        "capture_sea": ("khai thác biển", "sea capture"),
        "capture_sea_fish": ("cá biển khai thác", "sea fish caught"),
        "capture_inland": ("khai thác nội địa", "inland capture"),
        "offshore_vessels": ("tàu xa bờ trên 90 CV", "offshore vessels above 90 CV"),
    },
    "forest": {
        "forest": ("rừng", "forest"), "natural_forest": ("rừng tự nhiên", "natural forest"),
        "planted_forest": ("rừng trồng", "planted forest"),
        "new_planted_forest": ("rừng mới trồng", "newly planted forest"),
        "concentrated_planted_forest": ("rừng trồng tập trung", "concentrated planted forest"),
        "destroyed_forest": ("rừng bị phá", "destroyed forest"),
        "burnt_forest": ("rừng bị cháy", "burnt forest"), "wood": ("gỗ khai thác", "wood"),
    },
    "farm": {
        "farms": ("trang trại", "farms"),
        "farms_2011": ("trang trại (tiêu chí 2011)", "farms (criteria of 2011)"),
        "farms_crops": ("trang trại trồng trọt", "crop farms"),
        "farms_livestock": ("trang trại chăn nuôi", "livestock farms"),
        "farms_fishing": ("trang trại thủy sản", "fishing farms"),
        "farms_other": ("trang trại khác", "other farms"),
    },
    "admin": {
        "provincial_cities": ("thành phố thuộc tỉnh", "cities under provinces"),
        "urban_districts": ("quận", "urban districts"), "towns": ("thị xã", "towns"),
        "rural_districts": ("huyện", "rural districts"), "wards": ("phường", "wards"),
        "town_districts": ("thị trấn", "town districts"), "communes": ("xã", "communes"),
    },
}  # fmt: skip

SUBJECTS: Mapping[str, Subject] = {
    key: Subject(kind, *names) for kind, group in _KINDS.items() for key, names in group.items()
}
"""Key in the tables → what it is."""

MEASURES: Mapping[str, Measure] = {
    "planted_area": Measure("ha", "diện tích gieo trồng", "planted area"),
    "bearing_area": Measure("ha", "diện tích cho sản phẩm", "bearing area"),
    "yield": Measure("t/ha", "năng suất", "yield", extensive=False),
    "production": Measure("t", "sản lượng", "production"),
    "heads": Measure("heads", "số con", "heads"),
    "area": Measure("ha", "diện tích", "area"),
    "volume": Measure("m3", "thể tích", "volume"),
    "cages": Measure("1", "số lồng bè", "cages"),
    "count": Measure("1", "số lượng", "number"),
    "share": Measure("%", "tỷ lệ", "share", extensive=False),
    "per_capita": Measure("kg", "bình quân đầu người", "per person", extensive=False),
    "power": Measure("CV", "công suất", "power"),
}
"""What may be measured. Of a pond, area, volume and cages stand side by side: no one of them
can be computed from another."""

UNITS: Mapping[str, Mapping[str, float]] = {
    "ha": {"ha": 1, "1000 ha": 1000, "km2": 100, "m2": 1e-4},
    "t/ha": {"t/ha": 1, "quintal/ha": 0.1, "kg/ha": 0.001},
    "t": {"t": 1, "1000 t": 1000, "kg": 0.001},
    "heads": {"heads": 1, "1000 heads": 1000, "million heads": 1e6},
    "m3": {"m3": 1, "1000 m3": 1000, "million l": 1000, "l": 0.001},
    "1": {"1": 1, "1000": 1000, "million": 1e6},
    "%": {"%": 1},
    "kg": {"kg": 1},
    "CV": {"CV": 1, "1000 CV": 1000},
}
"""Unit in storage → units that are accepted for it, with the factor to storage."""

NO_AREA_YIELD = frozenset({"eel"})
"""Kept in tanks and counted in m³: a yield per hectare of them is an error."""


def published_factor(measure: str, unit: str) -> float | None:
    """Return the factor from a published unit to the measure's own, None if it is no such unit."""
    return UNITS[MEASURES[measure].unit].get(unit)
