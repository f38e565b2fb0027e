"""Every sentence of the login, account, administration and cooperative pages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from apps.views._text import Sentence

__all__ = ["ACCESS", "KINDS", "ROLE_NAMES"]

S = Sentence

ROLE_NAMES: Mapping[str, S] = {
    "farmer": S("nông dân", "farmer"),
    "cooperative_staff": S("nhân viên hợp tác xã", "cooperative staff"),
    "cooperative_manager": S("quản lý hợp tác xã", "cooperative manager"),
    "inspector": S("thanh tra (chỉ xem)", "inspector (read-only)"),
    "officer": S("cán bộ", "officer"),
    "expert": S("chuyên gia", "expert"),
    "administrator": S("quản trị hệ thống", "administrator"),
}
"""Roles as people read them."""

KINDS: Mapping[str, S] = {
    "login": S("đăng nhập", "signed in"),
    "login_failed": S("đăng nhập sai", "failed login"),
    "login_throttled": S("bị chặn vì thử quá nhiều", "stopped after too many attempts"),
    "logout": S("đăng xuất", "signed out"),
    "logout_everywhere": S("đăng xuất mọi nơi", "signed out everywhere"),
    "account_added": S("tạo tài khoản", "account made"),
    "account_disabled": S("khóa tài khoản", "account disabled"),
    "account_enabled": S("mở lại tài khoản", "account enabled"),
    "role_changed": S("đổi vai trò", "role changed"),
    "password_changed": S("đổi mật khẩu", "password changed"),
    "password_reset": S("đặt lại mật khẩu", "password reset"),
    "token_created": S("tạo mã truy cập", "token made"),
    "token_revoked": S("thu hồi mã truy cập", "token revoked"),
    "token_used": S("dùng mã truy cập", "token used"),
    "denied": S("bị từ chối", "refused"),
    "private_read": S("xem dữ liệu cá nhân", "personal data read"),
    "labels_printed": S("in tem", "labels printed"),
}
"""Kinds of lines in the access trail."""

ACCESS: Mapping[str, S] = {
    "login_title": S("Đăng nhập", "Sign in"),
    "login_text": S(
        "Dành cho hợp tác xã, cán bộ và chuyên gia. "
        "Trang cho nông dân và người mua không cần đăng nhập.",
        "For cooperatives, officers and experts. Farmers' and buyers' pages need no login.",
    ),
    "name": S("Tên đăng nhập", "User name"),
    "password": S("Mật khẩu", "Password"),
    "login_button": S("Đăng nhập", "Sign in"),
    "sso_button": S("Đăng nhập một lần của tỉnh", "The province's single sign-on"),
    "no_accounts": S(
        "Kho dữ liệu này chưa có tài khoản nào. Người quản trị tạo bằng lệnh trên máy chủ:",
        "This workspace has no accounts yet. An administrator makes them on the server with:",
    ),
    "http_refused": S(
        "Trang này không được mã hóa (http), nên không nhận mật khẩu. Hãy mở địa chỉ https.",
        "This page is not encrypted (http), so it takes no password. Open the https address.",
    ),
    "error_401": S("Mời bạn đăng nhập", "Please sign in"),
    "error_403": S("Không có quyền", "Not allowed"),
    "error_429": S("Quá nhiều yêu cầu", "Too many requests"),
    "error_429_text": S(
        "Địa chỉ của bạn gửi quá nhiều yêu cầu. Hãy chờ {seconds} giây.",
        "Your address sent too many requests. Wait {seconds} s.",
    ),
    "error_400": S("Chưa làm được", "That did not work"),
    # account
    "account_title": S("Tài khoản của bạn", "Your account"),
    "role": S("Vai trò", "Role"),
    "organisation": S("Tổ chức", "Organisation"),
    "sessions": S("Thiết bị đang đăng nhập", "Signed-in devices"),
    "may": S("Bạn được làm", "You may"),
    "own_only": S("chỉ của tổ chức mình", "your own organisation's only"),
    "logout": S("Đăng xuất", "Sign out"),
    "logout_everywhere": S("Đăng xuất mọi nơi", "Sign out everywhere"),
    "change_password": S("Đổi mật khẩu", "Change password"),
    "old_password": S("Mật khẩu hiện tại", "Present password"),
    "new_password": S("Mật khẩu mới (từ 10 ký tự)", "New password (10 characters or more)"),
    "must_change": S(
        "Mật khẩu này do người khác đặt. Hãy đổi trước khi dùng tiếp.",
        "Somebody else set this password. Change it before you go on.",
    ),
    "done_password": S("Đã đổi mật khẩu.", "Password changed."),
    "done_revoked": S("Đã thu hồi mã.", "Token revoked."),
    "done_account": S("Đã lưu.", "Saved."),
    "done_logout": S("Bạn đã đăng xuất.", "You are signed out."),
    "tokens": S("Mã truy cập API", "API tokens"),
    "tokens_text": S(
        "Mỗi máy một mã, chỉ với quyền cần thiết. Mã chỉ hiện một lần.",
        "One token per machine, with the scopes it needs. A token is shown once.",
    ),
    "token_title": S("Tên máy hoặc chương trình", "Machine or program"),
    "token_days": S("Số ngày", "Days"),
    "token_scopes": S("Phạm vi", "Scopes"),
    "token_button": S("Tạo mã", "Make a token"),
    "token_once": S(
        "Chép mã này ngay; trang sẽ không hiện lại.", "Copy this now; it is not shown again."
    ),
    "token_until": S("đến {moment}", "until {moment}"),
    "token_revoked": S("đã thu hồi", "revoked"),
    "token_expired": S("hết hạn", "expired"),
    "revoke": S("Thu hồi", "Revoke"),
    "manage_link": S("Quản lý tài khoản", "Manage accounts"),
    "audit_link": S("Nhật ký truy cập", "Access trail"),
    "office_link": S("Lô hàng và tem", "Lots and labels"),
    "screens_link": S("Màn hình toàn tỉnh", "Screens of the province"),
    # administration
    "accounts_title": S("Quản lý tài khoản", "Manage accounts"),
    "add_account": S("Tạo tài khoản", "Make an account"),
    "add_button": S("Tạo", "Make"),
    "none": S("không", "none"),
    "set_role": S("Đổi vai trò", "Change role"),
    "save": S("Lưu", "Save"),
    "disable": S("Khóa", "Disable"),
    "enable": S("Mở lại", "Enable"),
    "reset": S("Đặt lại mật khẩu", "Reset password"),
    "disabled": S("đã khóa", "disabled"),
    "password_once": S(
        "Mật khẩu tạm của {name}, chỉ hiện một lần; người dùng phải đổi khi đăng nhập:",
        "Temporary password of {name}, shown once, to be changed at login:",
    ),
    "audit_title": S("Nhật ký truy cập", "Access trail"),
    "unknown_name": S("(không có tài khoản này)", "(no such account)"),
    "when": S("Lúc", "When"),
    "what": S("Việc", "What"),
    "who": S("Ai", "Who"),
    "address": S("Địa chỉ", "Address"),
    # cooperative
    "office_title": S("Lô hàng và tem", "Lots and labels"),
    "lots": S("Lô hàng", "Lots"),
    "lot": S("Số lô", "Lot"),
    "product": S("Sản phẩm", "Product"),
    "packed": S("Đóng gói", "Packed"),
    "status": S("Trạng thái", "Status"),
    "active": S("đang lưu hành", "active"),
    "held": S("tạm giữ", "held"),
    "recalled": S("thu hồi", "recalled"),
    "no_lots": S("Chưa có lô nào được đóng gói.", "No lot has been packed yet."),
    "print": S("In tem", "Print labels"),
    "print_text": S(
        "Tờ tem được đọc lại từng mã trước khi đưa cho bạn.",
        "Every code on the sheet is read back before you get it.",
    ),
    "count": S("Số tem (tối đa {most})", "How many (at most {most})"),
    "stock": S("Giấy in tem", "Label stock"),
    "print_button": S("In (PDF)", "Print (PDF)"),
    "sheets": S("Tờ tem đã in", "Printed sheets"),
    "sheet": S("{count} tem lô {lot}, {moment}", "{count} labels of {lot}, {moment}"),
    "members": S("Thành viên", "Members"),
    "members_link": S("Thành viên", "Members"),
    "member": S("Mã", "Code"),
    "person": S("Họ tên", "Name"),
    "phone": S("Điện thoại", "Phone"),
    "private_note": S(
        "Dữ liệu cá nhân. Lần xem này đã được ghi vào nhật ký.",
        "Personal data. This look was written into the trail.",
    ),
    "pseudonym_note": S("Vai trò của bạn chỉ thấy mã ẩn danh.", "Your role sees pseudonyms only."),
    "erased": S("đã xóa", "erased"),
    "choose": S("Xem", "Show"),
    "simulated": S("mô phỏng", "simulated"),
}
"""Key → sentence."""
