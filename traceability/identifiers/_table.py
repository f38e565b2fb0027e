"""The application identifiers of the GS1 General Specifications, in our own grammar.

One row per identifier or family: ``numbers | title | format | flags | requires | excludes``.

numbers
    ``10`` · ``91-99`` (every number between) · ``310x`` (last digit 0–5: decimals).
format
    Components separated by blanks. ``n14`` is exactly 14 digits, ``x1-20`` one to
    twenty characters; ``n`` digits, ``x`` CSET 82, ``y`` CSET 39, ``z`` base64url.
    ``?`` after the component: it may be left out. ``:csum:gcppos2`` name its linters.
flags
    ``f`` fixed length, no FNC1 after it · ``q`` may stand in a link's query ·
    ``k`` Digital Link primary key, ``k(22>10>21/235)`` with its qualifiers in path
    order, ``/`` between alternatives.
requires
    Alternatives separated by blanks, ``+`` joins what one alternative needs.
    ``31nn`` stands for any digits. Several ``&``-joined groups must all hold.
excludes
    What may not stand beside it.

Source: GS1 General Specifications and GS1 Digital Link URI Syntax 1.6; the facts are
compared with the GS1 Barcode Syntax Dictionary by the tests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

__all__ = [
    "ApplicationIdentifier",
    "Component",
    "all_identifiers",
    "find_identifier",
    "split_number",
]

_TRADE = "01 02 03 8006 8026"

_ROWS = f"""
00 | SSCC | n18:csum:gcppos2 | fq k | |
01 | GTIN | n14:csum:gcppos2 | fq k(22>10>21/235) | | 255 37
02 | content GTIN | n14:csum:gcppos2 | fq | 37 | 01 03
03 | made-to-order GTIN | n14:csum:gcppos2 | f | | 01 02 37 235
10 | batch or lot | x1-20 | q | {_TRADE} |
11 | production date | n6:yymmd0 | fq | {_TRADE} |
12 | due date | n6:yymmd0 | fq | 8020 |
13 | packaging date | n6:yymmd0 | fq | {_TRADE} |
15 | best before | n6:yymmd0 | fq | {_TRADE} |
16 | sell by | n6:yymmd0 | fq | {_TRADE} |
17 | expiry | n6:yymmd0 | fq | 01 02 03 255 8006 8026 |
20 | variant | n2 | fq | {_TRADE} |
21 | serial | x1-20 | | 01 03 8006 | 235
22 | consumer product variant | x1-20 | | 01 |
235 | third-party serial | x1-28 | | 01 |
240-241 | additional identification | x1-30 | q | {_TRADE} |
242 | made-to-order variation | n1-6 | q | 01 02 8006 8026 |
243 | packaging component | x1-20 | q | 01 03 |
250 | secondary serial | x1-30 | q | 01+21 03+21 8006+21 |
251 | reference to source | x1-30 | q | 01 03 8006 |
253 | document type (GDTI) | n13:csum:gcppos1 x1-17? | q k | |
254 | GLN extension | x1-20 | | 414 |
255 | coupon (GCN) | n13:csum:gcppos1 n1-12? | q k | | 01 02 415 8006 8020 8026
30 | variable count | n1-8 | q | 01 02 |
37 | count of contents | n1-8 | q | 00+02 00+8026 |
390X | amount payable | n1-15 | q | 255 8020 | 390n 391n 394n 8111
391X | amount payable with currency | n3:iso4217 n1-15 | q | 8020 | 391n
392X | price | n1-15 | q | 01+30 01+31nn 01+32nn 01+35nn 01+36nn | 392n 393n
393X | price with currency | n3:iso4217 n1-15 | q | 30 31nn 32nn 35nn 36nn | 393n
3940-3943 | percentage discount | n4 | q | 255 | 394n 8111
395x | price per unit of measure | n6 | q | 30 31nn 32nn 35nn 36nn | 392n 393n 395n 8005
400 | order number | x1-30 | q | |
401 | consignment (GINC) | x1-30:gcppos1 | q k | |
402 | shipment (GSIN) | n17:csum:gcppos1 | q k | |
403 | route | x1-30 | q | 00 |
410-413 | GLN of a trade role | n13:csum:gcppos1 | fq | |
414 | physical location GLN | n13:csum:gcppos1 | fq k(254/7040) | |
415 | invoicing party GLN | n13:csum:gcppos1 | fq k(8020) | 8020 |
416 | production or service location GLN | n13:csum:gcppos1 | fq | |
417 | party GLN | n13:csum:gcppos1 | fq k(7040) | |
420 | ship-to post code | x1-20 | q | | 421
421 | ship-to post code with country | n3:iso3166 x1-9 | q | | 4307
422 | country of origin | n3:iso3166 | q | {_TRADE} | 426
423 425 | countries of processing | n3:iso3166 n3?:iso3166 n3?:iso3166 n3?:iso3166 n3?:iso3166 \
| q | 01 02 03 | 426
424 | country of processing | n3:iso3166 | q | 01 02 03 | 426
426 | country of full processing | n3:iso3166 | q | 01 02 03 |
427 | country subdivision of origin | x1-3 | q | 01+422 02+422 03+422 |
4300-4301 4310-4311 4320 | ship or return to | x1-35:pcenc | q | 00 |
4302 4304-4306 4312 4314-4316 | ship or return address | x1-70:pcenc | q | 00 |
4303 | ship-to second line | x1-70:pcenc | q | 4302 |
4313 | return-to second line | x1-70:pcenc | q | 4312 |
4307 4317 | country | x2:iso3166alpha2 | q | 00 |
4308 4319 | telephone | x1-30 | q | 00 |
4309 | ship-to position | n10:latitude n10:longitude | q | 00 |
4318 | return-to post code | x1-20 | q | 00 |
4321-4323 | yes or no | n1:yesno | q | 00 |
4324-4325 | delivery window | n6:yymmd0 n4:hhmi | q | 00 |
4326 | release date | n6:yymmdd | q | 00 |
4330 | highest temperature F | n6 x1?:hyphen | q | 00 | 4331
4331 | highest temperature C | n6 x1?:hyphen | q | 00 | 4330
4332 | lowest temperature F | n6 x1?:hyphen | q | 00 | 4333
4333 | lowest temperature C | n6 x1?:hyphen | q | 00 | 4332
7001 | NATO stock number | n13 | q | 01 02 8006 8026 |
7002 | meat cut | x1-30 | q | 01 02 |
7003 | expiry time | n6:yymmdd n4:hhmi | q | 01 02 03 |
7004 | active potency | n1-4 | q | 01+10 03+10 |
7005 | catch area | x1-12 | q | 01 02 |
7006 | first freeze date | n6:yymmdd | q | 01 02 |
7007 | harvest date or range | n6:yymmdd n6?:yymmdd | q | 01 02 |
7008 | aquatic species | x1-3 | q | 01 02 |
7009 | fishing gear | x1-10 | q | 01 02 |
7010 | production method | x1-2 | q | 01 02 03 |
7011 | test by date | n6:yymmdd n4?:hhmi | q | 01 02 03 |
7020 | refurbishment lot | x1-20 | q | 01+416 03+416 8006+416 |
7021 | functional status | x1-20 | q | 01 03 8006 |
7022 | revision status | x1-20 | q | 01+7021 03+7021 8006+7021 |
7023 | GIAI of an assembly | x1-30:gcppos1 | q | |
7030-7039 | processor with country | n3:iso3166999 x1-27 | q | 01 02 |
7040 | EU unique identification code | n1 x1 x1 x1:importeridx | | |
7041 | freight unit type | x1-4:packagetype | | 00 |
710-717 | national healthcare number | x1-20 | q | 01 |
7230-7239 | certification reference | x2 x1-28 | q | 01 8004 |
7240 | clinical protocol | x1-20 | q | 01 8006 | 03
7241 | media type | n2:mediatype | q | 8017 8018 |
7242 | version control number | x1-25 | q | 8017 8018 |
7250 | date of birth | n8:yyyymmdd | q | 8018 | 7251
7251 | date and time of birth | n8:yyyymmdd n4:hhmi | q | 8018 | 7250
7252 | biological sex | n1:iso5218 | q | 8018 |
7253-7254 | family or given name | x1-40:pcenc | q | 8017 8018 | 7256 7259
7255 | name suffix | x1-10 | q | 8017 8018 | 7256 7259
7256 | full name | x1-90:pcenc | q | 8017 8018 |
7257 | address of a person | x1-70:pcenc | q | 8018 |
7258 | birth sequence | x3:posinseqslash | q | 8018+7259 |
7259 | baby of | x1-40:pcenc | q | 8018 | 7256
8001 | roll dimensions | n4:nonzero n5:nonzero n3:nonzero n1:winding n1 | q | 01 |
8002 | mobile telephone | x1-20 | q | |
8003 | returnable asset (GRAI) | n1:zero n13:csum:gcppos1 x1-16? | q k | |
8004 | individual asset (GIAI) | x1-30:gcppos1 | q k(7040) | |
8005 | price per unit | n6 | q | 01 02 |
8006 | trade item piece (ITIP) | n14:csum:gcppos2 n4:pieceoftotal | q k(22>10>21) | | 01 03 37
8007 | IBAN | x1-34:iban | q | 415 |
8008 | production time | n6:yymmdd n2:hh n2?:mi n2?:ss | q | 01 02 03 |
8009 | optical sensor | x1-50 | q | 00 01 03 |
8010 | component or part (CPID) | y1-30:gcppos1 | q k(8011) | |
8011 | CPID serial | n1-12:nozeroprefix | | 8010 |
8012 | software version | x1-20 | q | 01 03 8006 |
8013 | model number (GMN) | x1-25:csumalpha:gcppos1 | q k | |
8014 | device identification (MUDI) | x1-25:csumalpha:gcppos1:hasnondigit | | 01 |
8017 | service provider (GSRN) | n18:csum:gcppos1 | q k(8019) | | 8018
8018 | service recipient (GSRN) | n18:csum:gcppos1 | q k(8019) | | 8017
8019 | service relation instance | n1-10 | | 8017 8018 |
8020 | payment slip | x1-25 | | 415 |
8026 | content piece (ITIP) | n14:csum:gcppos2 n4:pieceoftotal | q | 37 | 02 03 8006
8030 | digital signature | z1-90 | q | \
00 01+21 03+21 253 255 8003 8004 8006+21 8010+8011 8017 8018 |
8040 | IMEI | n15 | | 01+21 |
8041 | second IMEI | n15 | | 01+21+8040 |
8042 | eSIM | n32 | | 01+21+8040 |
8043 | SIM | n18 n1-2? | | 01+21+8040 |
8110 | coupon code North America | x1-70:couponcode | q | |
8111 | loyalty points | n4 | q | 255 |
8112 | positive offer file coupon | x1-70:couponposoffer | q | |
8200 | product URL | x1-70 | | 01 |
90 | agreed between partners | x1-30 | q | |
91-99 | internal | x1-90 | q | |
"""

_NET_FAMILIES = (
    "310 311 312 313 314 315 316 320 321 322 323 324 325 326 327 328 329 "
    "350 351 352 356 357 360 361 364 365 366"
)
"""Measures of a trade item (net weight, length, area, volume …): six digits, n decimals."""

_GROSS_FAMILIES = (
    "330 331 332 333 334 335 336 340 341 342 343 344 345 346 347 348 349 "
    "353 354 355 362 363 367 368 369"
)
"""The same measures for logistics (gross weight, outside length …)."""


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an element's value: its character set, its length, its linters."""

    charset: str
    shortest: int
    longest: int
    optional: bool
    linters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """What the General Specifications say of one application identifier."""

    number: str
    title: str
    components: tuple[Component, ...]
    fixed: bool
    in_query: bool
    is_key: bool
    qualifiers: tuple[tuple[str, ...], ...]
    requires: tuple[tuple[str, ...], ...]
    excludes: tuple[str, ...]

    @property
    def longest(self) -> int:
        """Characters of the longest value."""
        return sum(component.longest for component in self.components)


_COMPONENT = re.compile(r"([nxyz])(\d+)(?:-(\d+))?(\?)?((?::\w+)*)")


def _component(text: str) -> Component:
    found = _COMPONENT.fullmatch(text)
    if found is None:  # pragma: no cover  the table is ours and tested whole
        raise ValueError(text)
    charset, shortest, longest, optional, linters = found.groups()
    return Component(
        {"n": "csetnumeric", "x": "cset82", "y": "cset39", "z": "cset64"}[charset],
        int(shortest),
        int(longest or shortest),
        bool(optional),
        tuple(linters.split(":")[1:]),
    )


def _numbers(text: str) -> list[str]:
    found = []
    for part in text.split():
        first, _, last = part.partition("-")
        if last:
            found += [str(n).zfill(len(first)) for n in range(int(first), int(last) + 1)]
        elif part.endswith("x"):
            found += [part[:-1] + str(n) for n in range(6)]
        elif part.endswith("X"):
            found += [part[:-1] + str(n) for n in range(10)]
        else:
            found.append(part)
    return found


def _qualifiers(flags: str) -> tuple[tuple[str, ...], ...]:
    found = re.search(r"k\(([^)]*)\)", flags)
    if found is None:
        return ()
    return tuple(tuple(way.split(">")) for way in found[1].split("/"))


def _row(line: str) -> list[ApplicationIdentifier]:
    numbers, title, form, flags, requires, excludes = (cell.strip() for cell in line.split("|"))
    letters = re.sub(r"\([^)]*\)", "", flags)
    return [
        ApplicationIdentifier(
            number=number,
            title=title,
            components=tuple(_component(part) for part in form.split()),
            fixed="f" in letters,
            in_query="q" in letters,
            is_key="k" in letters,
            qualifiers=_qualifiers(flags),
            requires=tuple(tuple(way.split("+")) for way in requires.split()),
            excludes=tuple(excludes.split()),
        )
        for number in _numbers(numbers)
    ]


def _measures() -> list[ApplicationIdentifier]:
    rows = []
    for families, needs in ((_NET_FAMILIES, "01 02"), (_GROSS_FAMILIES, "00 01"), ("337", "01")):
        for family in families.split():
            rows += _row(f"{family}x | measure | n6 | fq | {needs} | {family}n")
    return rows


@cache
def all_identifiers() -> dict[str, ApplicationIdentifier]:
    """Return every application identifier by its number."""
    lines = [line for line in _ROWS.strip().splitlines() if line]
    rows = [identifier for line in lines for identifier in _row(line)] + _measures()
    return {row.number: row for row in rows}


def find_identifier(number: str) -> ApplicationIdentifier | None:
    """Return the application identifier `number`, or None if there is none."""
    return all_identifiers().get(number)


def split_number(text: str) -> ApplicationIdentifier | None:
    """Return the application identifier that `text` begins with (no two can)."""
    table = all_identifiers()
    for length in (2, 3, 4):
        if found := table.get(text[:length]):
            return found
    return None
