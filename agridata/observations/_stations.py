"""Stations: imported from tables, found by key, placed in communes by a function from outside."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from agridata.errors import Finding, InputError, NotFoundError, UsageError
from agridata.observations._cells import parse_numbers
from agridata.observations._homonyms import homonyms
from agridata.observations._quality import DUPLICATE_STATION
from agridata.observations._specs import SpecialStation
from agridata.observations._stored import unchanged_report
from agridata.observations._tables import Table, read_table, require_columns, require_rows
from agridata.observations.models import Device, Reading, Station
from agridata.storage import ImportReport, SourceInfo, bounds_of, record_data_set, sha256_of
from agridata.vocabulary import LonLat, Utc, search_key

if TYPE_CHECKING:
    from shapely import Point

__all__ = ["Locate", "add_special_station", "find_station", "import_stations", "locate_stations"]

Locate = Callable[[LonLat], str | None]
"""Gives the code of the commune that contains a position, None outside every commune."""

VIETNAM_BOX = (102.0, 8.0, 110.0, 24.0)
"""Longitude and latitude within which only a swapped pair lies outside (mainland and coast)."""

TRUE_WORDS = frozenset({"true", "1", "yes"})


def import_stations(
    session: Session, path: Path, info: SourceInfo, now: Utc, *, locate: Locate | None = None
) -> ImportReport:
    """Add or update the stations of a table; the caller commits.

    Parameters
    ----------
    path
        Columns ``station`` (the key) and ``name``; optional ``river, lon, lat, place,
        province, coord_source, simulated``. Coordinates are EPSG:4326; a station
        without them is stored without a position.
    locate
        Gives the current commune of a position; without it no commune is set.

    Returns
    -------
    ImportReport
        ``rows == imported + len(rejected)``. Rejected: no key or name, a key twice, a
        key of another data set, half a position, numbers that are none, swapped axes.
        Flagged "duplicate_station": stations whose name another one bears (`homonyms`).

    Raises
    ------
    InputError
        If the file is no table or lacks a column.
    """
    sha256 = sha256_of(path)
    done = unchanged_report(session, info.key, sha256)
    if done is not None:
        return _with_homonyms(session, done, info.key)
    table = read_table(path)
    require_columns(table, ("station", "name"))
    require_rows(table)
    record_data_set(session, info, sha256, now)
    made, problems = _checked(session, table, info)
    for card, simulated in made:
        _store(session, card, info.key, simulated=simulated, locate=locate)
    _drop_vanished(session, info.key, {card.key for card, _ in made})
    rejected = [*table.rejected, *problems]
    record_data_set(session, info, sha256, now, table.rows, rejected)
    return _with_homonyms(session, ImportReport(table.rows, len(made), rejected), info.key)


def add_special_station(
    session: Session, special: SpecialStation, data_set_key: str, *, simulated: bool
) -> Station:
    """Return the station that a preset brings along, stored if it is new."""
    known = session.exec(select(Station).where(Station.key == special.key)).one_or_none()
    if known is not None:
        return known
    return _store(session, special, data_set_key, simulated=simulated, locate=None)


def locate_stations(session: Session, locate: Locate) -> int:
    """Set the commune of every station that has a position; return how many have one.

    For units that were loaded after the stations.
    """
    found = 0
    for station in session.exec(select(Station).where(col(Station.min_lon).is_not(None))):
        assert station.min_lon is not None and station.min_lat is not None  # noqa: PT018
        station.admin_unit_code = locate(LonLat(station.min_lon, station.min_lat))
        found += station.admin_unit_code is not None
    session.flush()
    return found


def find_station(session: Session, text: str) -> Station:
    """Return the station with key `text`, else the only one with that name (tones ignored).

    Raises
    ------
    NotFoundError
        If no station has it; the fix names near ones.
    InputError
        If several stations have that name: two places are called Thanh Phu.
    """
    known = session.exec(select(Station).where(Station.key == text)).one_or_none()
    if known is not None:
        return known
    stations = session.exec(select(Station)).all()
    named = [one for one in stations if search_key(one.name) == search_key(text)]
    if len(named) == 1:
        return named[0]
    keys = ", ".join(sorted(one.key for one in named))
    if named:
        raise InputError(
            f"{len(named)} stations are called {text!r}",
            field="station",
            fix=f"give the key: {keys}",
            problem_vi=f"có {len(named)} trạm tên {text!r}",
            fix_vi=f"hãy ghi mã trạm: {keys}",
        )
    near = get_close_matches(search_key(text), [one.key for one in stations], n=3)
    fix = f"did you mean {', '.join(near)}?" if near else "import stations first"
    raise NotFoundError(
        f"no station {text!r}",
        field="station",
        fix=fix,
        problem_vi=f"không có trạm {text!r}",
        fix_vi=f"có phải {', '.join(near)}?" if near else "hãy nhập danh sách trạm trước",
    )


def _with_homonyms(session: Session, report: ImportReport, data_set_key: str) -> ImportReport:
    """Count the stations of the data set that share their name with another station."""
    mine = set(session.exec(select(Station.key).where(Station.data_set_key == data_set_key)))
    shared = mine & {key for keys in homonyms(session).values() for key in keys}
    if shared:
        report.flagged[DUPLICATE_STATION] = len(shared)
    return report


def _checked(
    session: Session, table: Table, info: SourceInfo
) -> tuple[list[tuple[SpecialStation, bool]], list[Finding]]:
    """Split the rows into stations (with their simulated mark) and findings."""
    elsewhere = dict(
        session.exec(
            select(Station.key, Station.data_set_key).where(Station.data_set_key != info.key)
        ).all()
    )
    columns = ("station", "name", "river", "lon", "lat", "place", "province", "coord_source")
    frame = table.frame.reindex(columns=[*columns, "simulated"], fill_value="")
    frame["lon_number"], frame["lat_number"] = map(parse_numbers, (frame["lon"], frame["lat"]))
    good: dict[str, tuple[SpecialStation, bool]] = {}
    problems: list[Finding] = []
    for number, row in frame.iterrows():
        cells: dict[str, Any] = {str(name): cell for name, cell in row.items()}
        where = table.where(int(str(number)))
        card = _key_problem(where, cells["station"], cells["name"], set(good), elsewhere) or _card(
            where, cells
        )
        if isinstance(card, Finding):
            problems.append(card)
        else:
            good[card.key] = (card, info.simulated or cells["simulated"].lower() in TRUE_WORDS)
    return list(good.values()), problems


def _card(where: str, cells: dict[str, Any]) -> SpecialStation | Finding:
    """Return the station of a row, or what is wrong with its position."""
    position = _position(where, cells)
    if isinstance(position, Finding):
        return position
    place = cells["place"] or cells["province"]
    source = cells["coord_source"] if position else ""
    return SpecialStation(cells["station"], cells["name"], cells["river"], place, position, source)


def _key_problem(
    where: str, key: str, name: str, seen: set[str], elsewhere: dict[str, str]
) -> Finding | None:
    if not key or not name:
        return Finding(
            where, "name" if key else "station", "is blank", "give every station a key and a name",
            "bị bỏ trống", "mỗi trạm cần mã và tên",
        )  # fmt: skip
    if key in seen:
        return Finding(
            where, "station", f"{key!r} stands in the file twice", "keep one row per station",
            f"trạm {key!r} có hai dòng", "hãy giữ một dòng cho mỗi trạm",
        )  # fmt: skip
    if key in elsewhere:
        return Finding(
            where, "station", f"{key!r} is a station of data set {elsewhere[key]!r}",
            "change it there, or give this station another key",
            f"trạm {key!r} đã thuộc bộ dữ liệu {elsewhere[key]!r}", "hãy dùng mã khác",
        )  # fmt: skip
    return None


def _position(where: str, cells: dict[str, Any]) -> LonLat | Finding | None:
    """Return the position of a row, None if it has none, or what is wrong with it."""
    texts = (str(cells["lon"]), str(cells["lat"]))
    if texts == ("", ""):
        return None
    lon, lat = float(cells["lon_number"]), float(cells["lat_number"])
    if lon != lon or lat != lat:
        return Finding(
            where, "lon,lat", f"({texts[0]}, {texts[1]}) is not a pair of numbers",
            "give both in decimal degrees, or neither",
            "toạ độ không phải là hai số", "hãy ghi cả hai theo độ thập phân hoặc bỏ trống cả hai",
        )  # fmt: skip
    west, south, east, north = VIETNAM_BOX
    if west <= lat <= east and south <= lon <= north:
        return Finding(
            where, "lon,lat", f"longitude {lon} and latitude {lat} are swapped",
            "put the longitude (102 to 110 in Vietnam) into lon",
            "kinh độ và vĩ độ bị đổi chỗ", "hãy ghi kinh độ (102–110) vào cột lon",
        )  # fmt: skip
    try:
        return LonLat(lon, lat)
    except UsageError as error:
        return Finding(
            where, "lon,lat", error.findings[0].problem, error.findings[0].fix,
            "toạ độ nằm ngoài Trái Đất", "hãy ghi theo độ thập phân",
        )  # fmt: skip


def _store(
    session: Session,
    card: SpecialStation,
    data_set_key: str,
    *,
    simulated: bool,
    locate: Locate | None,
) -> Station:
    known = session.exec(select(Station).where(Station.key == card.key)).one_or_none()
    station = known or Station(
        key=card.key, name=card.name, simulated=simulated, data_set_key=data_set_key
    )
    station.name, station.river, station.place_text = card.name, card.river, card.place_text
    station.coordinate_source, station.simulated = card.coordinate_source, simulated
    station.data_set_key = data_set_key
    station.geom = _point(card.position)
    for column, value in bounds_of(station.geom).items():
        setattr(station, column, value)
    if locate is not None:
        station.admin_unit_code = locate(card.position) if card.position else None
    session.add(station)
    session.flush()
    return station


def _point(position: LonLat | None) -> Point | None:
    from shapely import Point

    return Point(position.lon, position.lat) if position else None


def _drop_vanished(session: Session, data_set_key: str, kept: set[str]) -> None:
    """Delete stations that a newer file no longer lists, unless they have readings or devices."""
    for station in session.exec(select(Station).where(Station.data_set_key == data_set_key)):
        if station.key in kept:
            continue
        has_readings = select(Reading.id).where(Reading.station_id == station.id).limit(1)
        has_devices = select(Device.id).where(Device.station_id == station.id).limit(1)
        if all(session.exec(query).first() is None for query in (has_readings, has_devices)):
            session.delete(station)
    session.flush()
