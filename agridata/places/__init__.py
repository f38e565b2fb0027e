"""Administrative units of both eras, search without tone marks, conversion.

Codes are GSO codes: two digits for a province, three for a district (until the reform),
five for a commune. Units carry validity dates; the eras ``pre2025`` and ``2025`` are only
names for "valid before" and "valid since" 1 July 2025.
"""

from agridata.places._carry import Carried, carry_over
from agridata.places._convert import Conversion, convert
from agridata.places._find import find
from agridata.places._load import load_real_admin
from agridata.places._lookup import (
    LAST_DAY_BEFORE_REFORM,
    AmbiguousPlaceError,
    Era,
    day_of_era,
    get_unit,
    hau_giang_communes,
    level_of_code,
    resolve_slug,
    slug,
    unit_at,
    units_at,
    valid_on,
)
from agridata.places._postcode import Postcode
from agridata.places._sample import load_sample_admin

__all__ = [
    "LAST_DAY_BEFORE_REFORM",
    "AmbiguousPlaceError",
    "Carried",
    "Conversion",
    "Era",
    "Postcode",
    "carry_over",
    "convert",
    "day_of_era",
    "find",
    "get_unit",
    "hau_giang_communes",
    "level_of_code",
    "load_real_admin",
    "load_sample_admin",
    "resolve_slug",
    "slug",
    "unit_at",
    "units_at",
    "valid_on",
]
