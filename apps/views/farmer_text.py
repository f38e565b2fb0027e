"""Every sentence of the farmer's pages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from apps.views._text import Lang, Sentence

__all__ = ["CROPS", "FARMER", "METHODS", "SEASONS", "method_name"]

S = Sentence

SEASONS: Mapping[str, Sentence] = {
    "winter_spring": S("Đông Xuân", "winter-spring"),
    "summer_autumn": S("Hè Thu", "summer-autumn"),
    "autumn_winter": S("Thu Đông", "autumn-winter"),
    "main_season": S("Mùa", "main season"),
    "year": S("cây lâu năm", "perennial"),
}

CROPS: Mapping[str, Sentence] = {
    "rice": S("Lúa", "Rice"),
    "pomelo": S("Bưởi", "Pomelo"),
    "pineapple": S("Khóm", "Pineapple"),
    "sugarcane": S("Mía", "Sugar cane"),
    "mango": S("Xoài", "Mango"),
    "fruit": S("Cây ăn trái", "Fruit"),
}
"""Land use and crops as people call them."""

METHODS: Mapping[str, Sentence] = {
    "pooled_boosting_ridge": S("mô hình chung các trạm", "model pooled over stations"),
    "baseline_persistence": S("giữ mức đo cuối", "last value kept"),
    "baseline_tide_phase": S("như con nước trước", "as in the same tide phase before"),
    "baseline_climatology": S("trung bình cùng mùa", "average of the season"),
    "baseline_harmonic": S("thủy triều và lưu lượng", "tide and discharge"),
    "too_little_data": S("trạm còn ít số đo, khoảng rộng", "few readings, wide interval"),
    "median regression": S("hồi quy theo năm trước và xu thế", "regression on last year and trend"),
    "baseline: last year": S("bằng năm trước", "as last year"),
    "baseline: mean of the last five years": S("trung bình 5 năm", "5-year mean"),
    "baseline: fifteen-year trend": S("xu thế 15 năm", "15-year trend"),
}
"""Beginning of a forecast's method → what people call it."""


def method_name(method: str, lang: Lang) -> str:
    """Return the method's name in `lang`; an unknown one as the forecast states it."""
    known = [name for begin, name in METHODS.items() if method.startswith(begin)]
    return known[0].text(lang) if known else method


FARMER: Mapping[str, Sentence] = {
    "water_title": S("Nước mặn ở {place}", "Salinity at {place}"),
    "places_title": S("Chọn xã, phường của bạn", "Choose your commune"),
    "places_text": S(
        "Nơi có trạm đo đứng trước. Nơi chưa có trạm thì trang nói rõ là chưa biết.",
        "Places with a station come first. Where there is none, the page says it does not know.",
    ),
    "search_label": S(
        "Tên xã, phường (không cần dấu)", "Name of the commune (no tone marks needed)"
    ),
    "search_button": S("Tìm", "Search"),
    "search_none": S("Không tìm thấy nơi nào tên “{text}”.", "No place called “{text}” was found."),
    "with_station": S("Có trạm đo", "With a station"),
    "without_station": S("Chưa có trạm đo", "Without a station"),
    "word_open": S("Có lúc lấy nước được", "Some hours are safe"),
    "word_closed": S("Chưa nên lấy nước", "Do not take water"),
    "word_unknown": S("Chưa rõ", "Not known"),
    "threshold": S("Ngưỡng {value} g/L (‰)", "Threshold {value} g/L (‰)"),
    "threshold_other": S("Xem với ngưỡng {value} g/L", "See it at {value} g/L"),
    "threshold_1": S("lúa non, lúa trổ, cây ăn trái", "young and flowering rice, fruit"),
    "threshold_4": S("mức nguy hại cho lúa", "harmful to rice"),
    "stale": S(
        "Chưa rõ có lấy nước được hay không: số đo mới nhất lúc {moment}, đã {age} giờ "
        "(quá {limit} giờ thì không khuyến cáo).",
        "Unknown whether water may be taken: the newest reading is of {moment}, {age} h old "
        "(no advice beyond {limit} hours).",
    ),
    "windows": S("Giờ lấy nước được trong 7 ngày tới", "Safe hours in the next 7 days"),
    "window": S("{day}, {start}–{end}", "{day}, {start}–{end}"),
    "window_days": S("{start} đến {end}", "{start} to {end}"),
    "prob": S("khả năng dưới ngưỡng {percent} %", "{percent} % likely below the threshold"),
    "no_windows": S(
        "Trong 7 ngày tới không có giờ nào đủ chắc (từ 80 %).",
        "No hour in the next 7 days is certain enough (80 %).",
    ),
    "last_reading": S("Lần đo cuối", "Last reading"),
    "last_reading_text": S(
        "{value} g/L lúc {moment}, {age} giờ trước", "{value} g/L at {moment}, {age} h ago"
    ),
    "no_reading": S("chưa có số đo", "no reading"),
    "station": S("Trạm", "Station"),
    "station_text": S("{name}, sông {river}", "{name}, {river} river"),
    "station_text_plain": S("{name}", "{name}"),
    "no_station": S("Nơi này chưa có trạm đo.", "This place has no station."),
    "forecast": S("Độ mặn cao nhất mỗi ngày", "Highest salinity of each day"),
    "forecast_caption": S(
        "Đường đậm: dự báo giữa; vùng nhạt: 90 % khả năng; vạch ngang: ngưỡng.",
        "Line: middle forecast; band: 90 % interval; rule: threshold.",
    ),
    "day": S("Ngày", "Day"),
    "middle": S("Giữa", "Middle"),
    "interval": S("90 % trong khoảng", "90 % between"),
    "chance": S("≥ {value} g/L", "≥ {value} g/L"),
    "how_good": S("Dự báo này tốt đến đâu", "How good this forecast is"),
    "lead_row": S("{days} ngày trước", "{days} days ahead"),
    "lead": S("Báo trước", "Lead"),
    "shown": S("Cách tính đang dùng", "Method shown"),
    "error_model": S("Sai số mô hình", "Model error"),
    "error_best": S("Sai số cách đơn giản tốt nhất", "Best simple method"),
    "backtest_note": S(
        "Sai số (RMSE, g/L) khi dự báo lại các mùa trước mà không nhìn thấy tương lai. "
        "Khi mô hình không hơn cách đơn giản thì trang dùng cách đơn giản.",
        "Error (RMSE, g/L) when past seasons were forecast without seeing the future. "
        "Where the model is no better than a simple method, the simple method is shown.",
    ),
    "no_forecast": S("Chưa có dự báo cho trạm này.", "There is no forecast for this station."),
    "checks": S(
        "Trước khi mở cống hãy tự đo: chỉ an toàn sau ba lần đo liền nhau đều dưới ngưỡng.",
        "Measure before you open: safe only after three checks in a row below the threshold.",
    ),
    "simulated": S("mô phỏng", "simulated"),
    "simulated_note": S(
        "Số đo và dự báo trên trang này là mô phỏng, không dùng để ra quyết định.",
        "Readings and forecasts on this page are simulated: do not act on them.",
    ),
    # field page
    "field_title": S("Thửa {code}", "Field {code}"),
    "fields": S("Thửa ruộng ở đây", "Fields here"),
    "area": S("Diện tích", "Area"),
    "area_text": S("{ha} ha ({cong} công)", "{ha} ha ({cong} công of 1,000 m²)"),
    "place": S("Xã, phường", "Commune"),
    "place_old": S("trước 01/07/2025: {names}", "before 1 July 2025: {names}"),
    "crop": S("Cây trồng", "Crop"),
    "season": S("Vụ", "Season"),
    "sown": S("Gieo sạ", "Sown"),
    "expected": S("Dự kiến thu hoạch", "Expected harvest"),
    "seen_harvest": S("Vệ tinh thấy gặt", "Harvest seen by satellite"),
    "seen_between": S("từ {first} đến {last}", "between {first} and {last}"),
    "seen_none": S("chưa thấy", "not seen"),
    "greenness": S("Độ xanh của ruộng (NDVI)", "Greenness of the field (NDVI)"),
    "yield": S("Năng suất dự báo", "Yield forecast"),
    "yield_text": S(
        "{mid} t/ha; 90 % trong khoảng {low}–{high} t/ha",
        "{mid} t/ha; 90 % between {low} and {high} t/ha",
    ),
    "yield_cong": S("tức {mid} kg/công ({low}–{high})", "that is {mid} kg/công ({low}–{high})"),
    "yield_total": S("Cả thửa", "Whole field"),
    "yield_total_text": S("{mid} t ({low}–{high} t)", "{mid} t ({low}–{high} t)"),
    "yield_basis": S(
        "Tính cho {unit} từ số liệu đến năm {year}; cách tính: {method}.",
        "For {unit}, from figures up to {year}; method: {method}.",
    ),
    "yield_baselines": S("Cách đơn giản để so", "Simple methods to compare"),
    "yield_baseline_text": S(
        "trung bình 5 năm {mean5}, năm trước {last}, xu thế {trend} t/ha",
        "5-year mean {mean5}, last year {last}, trend {trend} t/ha",
    ),
    "yield_error": S("Sai số khi thử lại", "Error in backtest"),
    "yield_error_text": S(
        "mô hình {model} t/ha, cách đơn giản tốt nhất {best} t/ha",
        "model {model} t/ha, best simple method {best} t/ha",
    ),
    "yield_none": S("Chưa có dự báo cho cây này.", "There is no forecast for this crop."),
    "water_link": S("Xem nước mặn ở {place}", "Salinity at {place}"),
    "field_lots": S("Lô hàng từ thửa này", "Lots from this field"),
    "field_simulated": S(
        "Thửa này là mô phỏng: hình, ngày gieo và ảnh được dựng để trình diễn.",
        "This field is simulated: shape, dates and images were made for demonstration.",
    ),
    "unknown_value": S("chưa ghi nhận", "not recorded"),
    "lunar": S("âm lịch {text}", "lunar {text}"),
}
