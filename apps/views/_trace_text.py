"""Every sentence of the trace page, its verifier and the landing page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from apps.views._text import Sentence

__all__ = ["PAGE", "STEPS", "VERIFIER"]

S = Sentence

STEPS: Mapping[str, Sentence] = {
    "harvest": S("Thu hoạch", "Harvested"),
    "commissioning": S("Lập lô", "Lot created"),
    "creating_class_instance": S("Lập lô", "Lot created"),
    "packing": S("Đóng gói", "Packed"),
    "shipping": S("Xuất hàng", "Shipped"),
    "transporting": S("Vận chuyển", "In transport"),
    "receiving": S("Nhận hàng", "Received"),
    "storing": S("Lưu kho", "Stored"),
    "inspecting": S("Kiểm tra", "Inspected"),
    "holding": S("Tạm giữ", "Held"),
    "retail_selling": S("Bán lẻ", "Sold"),
    "destroying": S("Tiêu hủy", "Destroyed"),
}
"""CBV 2.0 business steps → what people call them; the verifier script uses the same words.

``harvest`` is ours: CBV has no such step, our harvest events are creating_class_instance.
"""

VERIFIER: Mapping[str, Sentence] = {
    "word_running": S("Đang kiểm tra…", "Checking…"),
    "word_ok": S("Hồ sơ đúng bản gốc", "Genuine record"),
    "word_bad": S("Từ chối: hồ sơ sai", "Refused: the record is wrong"),
    "word_warn": S("Cần chú ý", "Take care"),
    "word_unknown": S("Chưa kiểm tra", "Not checked"),
    "running": S(
        "Điện thoại của bạn đang tự kiểm tra bằng chứng.",
        "Your phone is checking the proof itself.",
    ),
    "ok": S(
        "{events} sự kiện khớp với sổ công khai có {size} mục. "
        "Chữ ký không cho biết con tem có bị chụp lại hay không.",
        "{events} events agree with the public log of {size} entries. "
        "A signature does not tell whether the sticker is a photocopy.",
    ),
    "event": S(
        "Sự kiện ở mục {index} đã bị sửa sau khi ký.", "Event {index} was altered after signing."
    ),
    "proof": S(
        "Bằng chứng của mục {index} đã bị sửa: không dẫn tới điểm chốt đã ký.",
        "The proof of entry {index} was altered: it does not lead to the signed checkpoint.",
    ),
    "checkpoint": S(
        "Điểm chốt của sổ đã bị sửa: chữ ký không khớp.",
        "The log's checkpoint was altered: its signature does not fit.",
    ),
    "key": S(
        "Khóa không khớp: điểm chốt không do khóa được ghim ký.",
        "Key mismatch: the checkpoint is not signed by the pinned key.",
    ),
    "badkey": S("Khóa bạn nhập không đúng dạng.", "The key you typed is not well formed."),
    "nokey": S("Trang này chưa có khóa của sổ.", "This page has no log key."),
    "missing": S(
        "Trang hiện một sự kiện không có bằng chứng.", "The page shows an event without a proof."
    ),
    "hidden": S(
        "Trang giấu một phần sự kiện ở mục {index} ({field}).",
        "The page hides part of event {index} ({field}).",
    ),
    "page": S(
        "Trang hiện khác với sự kiện đã ký ở mục {index} ({field}).",
        "The page differs from signed event {index} ({field}).",
    ),
    "lot": S("Bằng chứng này là của lô khác.", "This proof belongs to another lot."),
    "entry": S(
        "Mục {index} không có chữ ký hợp lệ của tổ chức đã ghi.",
        "Entry {index} lacks a valid signature of the organisation that wrote it.",
    ),
    "empty": S("Lô này chưa có sự kiện nào trong sổ.", "No event of this lot is in the log yet."),
    "format": S("Bằng chứng sai cấu trúc.", "The proof is malformed."),
    "network": S(
        "Không tải được bằng chứng (mất mạng?).", "The proof could not be loaded (no network?)."
    ),
    "server": S(
        "Máy chủ không đưa ra bằng chứng (mã {status}).",
        "The server gives no proof (status {status}).",
    ),
    "selfcheck": S(
        "Chính máy chủ thấy hồ sơ không khớp với sổ.",
        "The server itself finds that the record does not agree with the log.",
    ),
    "waiting": S(
        "{waiting} sự kiện trên trang còn chờ vào sổ nên chưa có bằng chứng.",
        "{waiting} events on the page wait for the log and have no proof yet.",
    ),
    "smaller": S(
        "Sổ chỉ còn {size} mục, ít hơn lần bạn xem trước ({before}).",
        "The log has only {size} entries, fewer than when you last looked ({before}).",
    ),
    "fork": S(
        "Sổ mâu thuẫn với lần bạn xem trước: vẫn {size} mục nhưng khác nội dung.",
        "The log contradicts what you saw before: still {size} entries, other content.",
    ),
    "simulated": S("mô phỏng", "simulated"),
    "recorded": S("ghi thật", "real record"),
}
"""What the verifier script says; ``{name}`` is filled in by the script."""

PAGE: Mapping[str, Sentence] = {
    "site": S("Truy xuất nông sản", "Farm trace"),
    "as_of": S("Tính đến {moment}", "As of {moment}"),
    "not_recorded": S("chưa ghi nhận", "not recorded"),
    "simulated_page": S(
        "Số liệu mô phỏng: tổ chức, lô hàng và sự kiện trên trang này được dựng để trình diễn.",
        "Simulated data: organisations, lots and events on this page were made for demonstration.",
    ),
    "simulated": VERIFIER["simulated"],
    "recorded": VERIFIER["recorded"],
    "not_checked": S(
        "Trang chưa tự kiểm tra được: trình duyệt cần JavaScript. Nội dung bên dưới vẫn đọc được.",
        "The page could not check itself: that needs JavaScript. The content below can be read.",
    ),
    "no_lot": S(
        "Mã này chỉ nêu sản phẩm, không nêu lô: không có hành trình để kiểm tra.",
        "This code names a product but no lot: there is no journey to check.",
    ),
    "recalled": S("LÔ NÀY ĐÃ BỊ THU HỒI", "THIS LOT IS RECALLED"),
    "recalled_text": S(
        "Đừng dùng. Hãy trả lại nơi mua hoặc báo tổ chức nêu bên dưới.",
        "Do not use it. Return it to the shop or tell the organisation named below.",
    ),
    "held": S("Lô đang bị tạm giữ", "This lot is on hold"),
    "held_text": S(
        "Lô chưa được phép bán cho tới khi kiểm tra xong.",
        "It may not be sold until it has been examined.",
    ),
    "void_label": S("Con tem này đã bị hủy", "This label was voided"),
    "void_label_text": S(
        "Tem mang số sê-ri này không còn giá trị.", "A label of this serial is no longer valid."
    ),
    # product
    "product": S("Sản phẩm", "Product"),
    "gtin": S("Mã sản phẩm (GTIN)", "Product code (GTIN)"),
    "lot": S("Số lô", "Lot"),
    "serial": S("Số sê-ri", "Serial"),
    "short_code": S("Mã ngắn", "Short code"),
    "packed": S("Đóng gói", "Packed"),
    "expiry": S("Hạn sử dụng", "Use by"),
    "net_weight": S("Khối lượng tịnh", "Net weight"),
    "brand": S("Nhãn hiệu", "Brand"),
    "picture": S("Hình ảnh", "Picture"),
    "trace_code": S("Mã truy xuất", "Trace code"),
    "standards": S("Tiêu chuẩn áp dụng", "Standards applied"),
    "lots": S("Các lô của sản phẩm này", "Lots of this product"),
    # maker
    "maker": S("Ai làm ra", "Who made it"),
    "organisation": S("Đơn vị", "Organisation"),
    "address": S("Địa chỉ", "Address"),
    "place": S("Xã, phường", "Commune"),
    "was": S("trước 01/07/2025: {names}", "before 1 July 2025: {names}"),
    "is_now": S("nay thuộc {names}", "now in {names}"),
    "location_code": S("Mã địa điểm", "Location code"),
    "maker_note": S(
        "Trang nêu tổ chức, không nêu tên hay nhà của cá nhân. "
        "Tên và địa chỉ lấy từ sổ đăng ký của trang này, nằm ngoài bằng chứng.",
        "The page names organisations, never persons or their homes. "
        "Names and addresses come from this site's register, outside the proof.",
    ),
    # timeline
    "timeline": S("Hành trình, từ nay về trước", "Journey, from now back"),
    "your_scan": S("Bạn mở trang này", "You opened this page"),
    "sowing": S("Gieo sạ", "Sown"),
    "step_time": S("Lúc", "When"),
    "step_where": S("Nơi", "Where"),
    "step_who": S("Tổ chức ghi", "Recorded by"),
    "step_quantity": S("Lượng", "Quantity"),
    "step_input": S("Đưa vào", "Taken in"),
    "step_output": S("Làm ra", "Made"),
    "step_of_lot": S("lô", "lot"),
    "step_place": S("Xã (lúc ghi)", "Commune (as recorded)"),
    "step_parcel": S("Thửa", "Parcel"),
    "step_area": S("Diện tích", "Area"),
    "step_entry": S("mục {index} của sổ", "log entry {index}"),
    "step_waiting": S("chờ ghi vào sổ", "waiting for the log"),
    "step_missing": S("Bước này chưa được ghi nhận.", "This step is not recorded."),
    "from_register": S(
        "theo sổ đăng ký, nằm ngoài bằng chứng", "from the register, outside the proof"
    ),
    # claims
    "claims": S("Đối chiếu lời khai với quan sát", "Claims against observation"),
    "claim_plausible": S("Hợp lý", "Plausible"),
    "claim_questionable": S("Cần hỏi lại", "Questionable"),
    "claim_unknown": S("Chưa đủ dữ liệu", "Unknown"),
    "claim_none": S(
        "Chưa có đối chiếu nào cho lô này. Chưa đối chiếu không có nghĩa là đạt.",
        "Nothing has been compared for this lot. Not compared does not mean passed.",
    ),
    "claim_note": S(
        "Máy tính so sánh; không có bên thứ ba nào xác nhận.",
        "Compared by computer; no third party has verified it.",
    ),
    "certificates": S("Chứng nhận", "Certificates"),
    "certificates_none": S("Chứng nhận: chưa ghi nhận.", "Certificates: not recorded."),
    "certificates_note": S(
        "Theo sổ đăng ký, nằm ngoài bằng chứng. Trang này không tự xác minh giấy nào.",
        "From the register, outside the proof. This site itself verifies no certificate.",
    ),
    "standards_self": S("đơn vị tự công bố", "declared by the organisation"),
    # season
    "season": S("Mùa vụ", "Season"),
    "variety": S("Giống", "Variety"),
    "season_name": S("Vụ", "Season"),
    "inputs": S("Phân, thuốc đã dùng", "Inputs used"),
    "phi": S("Thời gian cách ly", "Pre-harvest interval"),
    "winter_spring": S("Đông Xuân", "winter-spring"),
    "summer_autumn": S("Hè Thu", "summer-autumn"),
    "autumn_winter": S("Thu Đông", "autumn-winter"),
    "ndvi": S("Độ xanh ruộng (NDVI)", "Field greenness (NDVI)"),
    "ndvi_sentence": S(
        "NDVI cao nhất {peak} vào {peak_day}, gần nhất {last} vào {last_day} ({count} ảnh).",
        "NDVI peaked at {peak} on {peak_day}; latest {last} on {last_day} ({count} images).",
    ),
    # proof
    "proof": S("Tự kiểm tra bằng chứng", "Check the proof yourself"),
    "proof_how": S(
        "Kịch bản của trang kiểm tra chữ ký điểm chốt, đường dẫn Merkle (RFC 9162), chữ ký của "
        "từng tổ chức, và so từng dòng bạn thấy với sự kiện đã ký.",
        "The page's script checks the checkpoint's signature, the Merkle paths (RFC 9162), each "
        "organisation's signature, and compares every line you see with the signed event.",
    ),
    "proof_limits": S(
        "Điều nó không cho biết: tem có bị chụp lại không; lời khai có đúng với thực tế không.",
        "What it cannot tell: whether the sticker was copied; whether what was claimed is true.",
    ),
    "proof_download": S("Tải bằng chứng (JSON)", "Download the proof (JSON)"),
    "checkpoint": S("Điểm chốt", "Checkpoint"),
    "checkpoint_text": S("{size} mục trong sổ {origin}", "{size} entries in log {origin}"),
    "log_key": S("Khóa của sổ ghim trong trang", "Log key pinned in this page"),
    "key_label": S(
        "Nhập khóa của sổ in trên tờ tem hoặc do nơi khác công bố",
        "Type the log key printed on the label sheet or published elsewhere",
    ),
    "key_button": S("Kiểm tra lại", "Check again"),
    # the rest
    "report": S("Báo vấn đề", "Report a problem"),
    "report_text": S(
        "Thấy sai? Hãy báo {name}, đọc số lô {lot}.",
        "Something wrong? Tell {name}, giving lot {lot}.",
    ),
    "report_address": S("Địa chỉ: {address}", "Address: {address}"),
    "other_language": S("English", "Tiếng Việt"),
    "home": S("Trang đầu", "Home"),
    # errors
    "error_400": S("Mã không hợp lệ", "Not a valid code"),
    "error_400_text": S(
        "Mã trên tem không đúng quy tắc GS1 Digital Link, nên không tra được.",
        "The code on the label breaks the GS1 Digital Link rules, so nothing can be looked up.",
    ),
    "error_404": S("Không tìm thấy", "Not found"),
    "error_404_text": S(
        "Không có hồ sơ nào mang mã này. Nếu bạn quét từ bao bì, hãy hỏi lại nơi bán.",
        "No record has this code. If you scanned it from a package, ask the shop.",
    ),
    "error_405": S("Cách gọi này không được hỗ trợ", "This method is not supported"),
    "error_409": S("Hồ sơ không khớp với sổ", "The record does not agree with the log"),
    "error_500": S("Có lỗi ở máy chủ", "The server failed"),
    "error_500_text": S(
        "Lỗi đã được ghi lại với mã {incident}.", "The failure was noted under {incident}."
    ),
    "error_503": S("Sổ chưa sẵn sàng", "The log is not ready"),
    "fix": S("Cách sửa", "What to do"),
    # landing
    "landing_title": S("Nông nghiệp có bằng chứng", "Farming with proof"),
    "landing_text": S(
        "Mặn, lúa và hành trình nông sản của tỉnh. Mời bạn chọn cửa.",
        "Salinity, rice and the journeys of a province's produce. Choose your door.",
    ),
    "door_farmer": S("Nông dân", "Farmer"),
    "door_farmer_text": S("Mặn và ruộng của tôi", "Salinity and my field"),
    "door_cooperative": S("Hợp tác xã", "Cooperative"),
    "door_cooperative_text": S("Lô hàng, tem và hành trình", "Lots, labels and journeys"),
    "door_consumer": S("Người tiêu dùng", "Consumer"),
    "door_consumer_text": S("Kiểm tra món hàng bạn cầm", "Check the product in your hand"),
    "door_officer": S("Cán bộ", "Officer"),
    "door_officer_text": S("Số liệu, dự báo và sổ cái", "Data, forecasts and the ledger"),
    "more": S("Mở cho mọi người", "Open to everyone"),
    "more_quality": S("Chất lượng số liệu", "Quality of the data"),
    "more_opendata": S("Danh mục dữ liệu mở", "Open-data catalogue"),
    "more_checkpoint": S("Điểm chốt của sổ công khai", "Checkpoint of the public log"),
    "code_label": S("Mã ngắn in dưới mã QR", "Short code printed under the QR"),
    "code_button": S("Kiểm tra", "Check"),
    "recent_lots": S("Các lô trong kho dữ liệu này", "Lots in this workspace"),
}
"""Every other text of these pages."""
