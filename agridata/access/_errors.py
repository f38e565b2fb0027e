"""The error tree of access.

::

    AgridataError
    └── AccessError
        ├── LoginRequiredError     nobody is signed in, or the session is over
        ├── CredentialsError       name or password is wrong (never says which)
        ├── ForbiddenError         this role, scope or organisation may not
        │   └── CsrfError          the request did not come from a page of this session
        ├── ThrottledError         too many attempts; carries the seconds to wait
        ├── AccountError           an account, role, password or token cannot be as asked
        └── OidcError              the issuer's answer does not hold
"""

from __future__ import annotations

from agridata.errors import AgridataError

__all__ = [
    "AccessError",
    "AccountError",
    "CredentialsError",
    "CsrfError",
    "ForbiddenError",
    "LoginRequiredError",
    "OidcError",
    "ThrottledError",
]


class AccessError(AgridataError):
    """Root of every error of `agridata.access`."""


class LoginRequiredError(AccessError):
    """Nobody is signed in, or the session is over."""

    def __init__(self) -> None:
        super().__init__(
            "please sign in", fix="sign in, or send a valid bearer token",
            problem_vi="mời bạn đăng nhập", fix_vi="hãy đăng nhập",
        )  # fmt: skip


class CredentialsError(AccessError):
    """Name or password is wrong; the sentence is the same for every reason."""

    def __init__(self) -> None:
        super().__init__(
            "wrong name or password", fix="try again, or ask an administrator",
            problem_vi="tên hoặc mật khẩu không đúng",
            fix_vi="hãy thử lại hoặc hỏi người quản trị",
        )  # fmt: skip


class ForbiddenError(AccessError):
    """Role, token's scopes or organisation do not allow it."""


class CsrfError(ForbiddenError):
    """The request did not come from a page of this session."""

    def __init__(self) -> None:
        super().__init__(
            "this form is not from your session", field="csrf",
            fix="open the page again and send the form once more",
            problem_vi="biểu mẫu này không thuộc phiên của bạn",
            fix_vi="hãy mở lại trang rồi gửi lại biểu mẫu",
        )  # fmt: skip


class ThrottledError(AccessError):
    """Too many attempts; `retry_after` is in whole seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = max(1, int(retry_after + 0.999))
        super().__init__(
            "too many requests", fix=f"wait {self.retry_after} s and try again",
            problem_vi="quá nhiều yêu cầu",
            fix_vi=f"hãy chờ {self.retry_after} giây rồi thử lại",
        )  # fmt: skip


class AccountError(AccessError):
    """An account, role, password or token cannot be as asked; nothing was changed."""


class OidcError(AccessError):
    """What the issuer answered does not hold, or names no role of ours."""
