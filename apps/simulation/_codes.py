"""Identifiers and people that cannot be mistaken for real ones.

GS1 keeps prefix 952 for demonstrations and examples, so no GTIN or GLN below can
collide with one in trade. National telephone numbers of Vietnam never start with 0
after the trunk prefix 0, so ``0000…`` reaches nobody.
"""

from __future__ import annotations

import numpy as np

from traceability.identifiers import with_check_digit

__all__ = ["demo_gln", "demo_gtin14", "invented_names", "invented_phones"]

_COMPANY = "952110100"
"""Demonstration prefix 952 with an example company number."""

_SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Lý")
_GIVEN = (
    "Bần", "Bưởi", "Cau", "Cần", "Cói", "Dừa", "Đước", "Điệp", "Gừng", "Khóm", "Lác", "Lúa",
    "Lục Bình", "Mắm", "Mía", "Mướp", "Năng", "Nghệ", "Ổi", "Quýt", "Rau Má", "Riềng", "Sậy",
    "Sen", "So Đũa", "Súng", "Thốt Nốt", "Tràm", "Trâm Bầu", "Vông",
)  # fmt: skip


def demo_gln(number: int) -> str:
    """Return the 13-digit GLN of location `number` (0–999)."""
    return with_check_digit(f"{_COMPANY}{number:03d}")


def demo_gtin14(number: int) -> str:
    """Return the GTIN-14 (indicator 0) of trade item `number` (0–999)."""
    return with_check_digit(f"0{_COMPANY}{number:03d}")


def invented_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` different names: middle name Mẫu ("sample"), given name a plant.

    At most 720 differ (two orders of the middle name).
    """
    middles = ("Mẫu", "Thị Mẫu")
    every = len(_SURNAMES) * len(middles) * len(_GIVEN)
    picks = rng.permutation(every)[np.arange(count) % every]
    names = []
    for pick in picks:
        rest, given = divmod(int(pick), len(_GIVEN))
        surname, middle = divmod(rest, len(middles))
        names.append(f"{_SURNAMES[surname]} {middles[middle]} {_GIVEN[given]}")
    return names


def invented_phones(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` different numbers ``0000`` + 6 digits: no subscriber can have one."""
    return [f"0000{int(one):06d}" for one in rng.choice(1_000_000, size=count, replace=False)]
