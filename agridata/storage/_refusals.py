"""What backup and restore say no to, in both languages."""

from __future__ import annotations

from pathlib import Path

from agridata.errors import EnvironmentMissingError, InputError

__all__ = ["busy", "cannot_write", "damaged", "no_modes", "no_room", "other_version", "unreachable"]


def damaged(path: Path, problem: str) -> InputError:
    """Return the refusal of a file that is not, or no longer, a whole backup."""
    return InputError(
        f"{problem}; nothing was restored", where=str(path), field="FILE",
        fix="take another copy of this backup, or an earlier backup",
        problem_vi="tệp sao lưu bị hỏng hoặc không phải tệp sao lưu; chưa khôi phục gì",
        fix_vi="hãy dùng bản sao khác của tệp này, hoặc bản sao lưu trước đó",
    )  # fmt: skip


def other_version(path: Path, version: str, reads: str) -> InputError:
    """Return the refusal of a file of another format."""
    return InputError(
        f"is of format {version}, this program reads {reads}; nothing was restored",
        where=str(path), field="format", fix="restore it with the agridata that wrote it",
        problem_vi="tệp sao lưu thuộc phiên bản khác; chưa khôi phục gì",
        fix_vi="hãy khôi phục bằng đúng phiên bản agridata đã tạo ra tệp",
    )  # fmt: skip


def no_room(folder: Path | str, needed: int = 0) -> EnvironmentMissingError:
    """Return the refusal of a full disk; what was begun has been removed."""
    wanted = f", about {needed // 2**20 + 1} MB are needed" if needed else ""
    return EnvironmentMissingError(
        f"no space left on the disk{wanted}; nothing was changed", where=str(folder),
        field="disk", fix="free space there, or name a file on another disk",
        problem_vi="hết dung lượng đĩa; chưa thay đổi gì",
        fix_vi="hãy giải phóng đĩa, hoặc chọn nơi khác",
    )  # fmt: skip


def cannot_write(target: Path, error: OSError) -> InputError:
    """Return the refusal of a place that cannot be written to."""
    return InputError(
        f"cannot be written: {error.strerror or error}", where=str(target), field="FILE",
        fix="name a file in a folder that exists and can be written to",
        problem_vi="không ghi được tệp sao lưu", fix_vi="hãy chọn thư mục có sẵn và ghi được",
    )  # fmt: skip


def busy(target: Path) -> InputError:
    """Return the refusal of a second run on the same file."""
    return InputError(
        "another backup to this file is running", where=str(target), field="FILE",
        fix="wait for it, or choose another name",
        problem_vi="đang có một lần sao lưu khác vào tệp này", fix_vi="hãy đợi, hoặc chọn tên khác",
    )  # fmt: skip


def no_modes(target: Path) -> EnvironmentMissingError:
    """Return the refusal to put keys in clear where everybody could read them."""
    return EnvironmentMissingError(
        "this disk cannot keep private keys private (no file modes)", where=str(target),
        field="keys", fix="give --passphrase-file, or --without-keys, or choose another disk",
        problem_vi="đĩa này không giữ được quyền riêng tư của khoá",
        fix_vi="hãy dùng --passphrase-file, --without-keys, hoặc chọn đĩa khác",
    )  # fmt: skip


def unreachable(where: str, reason: str) -> EnvironmentMissingError:
    """Return the refusal when the database server does not answer."""
    return EnvironmentMissingError(
        f"the database cannot be reached: {reason}", where=where, field="AGRIDATA_DATABASE_URL",
        fix="start the server, or correct the address, name and rights",
        problem_vi="không kết nối được cơ sở dữ liệu",
        fix_vi="hãy khởi động máy chủ hoặc sửa địa chỉ, tên và quyền",
    )  # fmt: skip
