"""Every sentence of the weather-and-soil page, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from apps.views._text import Sentence

__all__ = [
    "COVER",
    "ENVIRONMENT",
    "FINDINGS",
    "ITEMS",
    "KINDS",
    "MARKS",
    "SOURCES",
    "TEXTURE_NAMES",
]

S = Sentence

ENVIRONMENT: Mapping[str, Sentence] = {
    "title": S("Thời tiết và đất ở {place}", "Weather and soil at {place}"),
    "before": S("trước 01/07/2025: {names}", "before 1 July 2025: {names}"),
    "high": S("Ngày nóng nhất (°C)", "Day high (°C)"),
    "low": S("Đêm thấp nhất (°C)", "Night low (°C)"),
    "rain": S("Mưa (mm)", "Rain (mm)"),
    "water_link": S("Nước mặn ở {place}", "Salinity at {place}"),
    "latest": S("Số liệu gần nhất", "Latest values"),
    "normal": S("Thường gặp trong tháng {month}", "Usual in month {month}"),
    "normal_text": S(
        "Trung bình nhiều năm; trong ngoặc là khoảng của 8 trên 10 năm.",
        "Mean of many years; in brackets the range of 8 years in 10.",
    ),
    "year": S("Cả năm", "The whole year"),
    "month": S("Tháng", "Month"),
    "soil": S("Đất", "Soil"),
    "soil_text": S(
        "Đọc từ bản đồ và ảnh vệ tinh 1 km cho cả xã, không phải mẫu đất của ruộng bạn.",
        "Read from 1 km maps and images for the whole commune, not from a sample of your field.",
    ),
    "unknown": S("chưa rõ", "unknown"),
    "no_weather": S(
        "Chưa có số liệu thời tiết nào cho nơi này.", "There are no weather data for this place."
    ),
    "no_soil": S("Chưa có số liệu đất cho nơi này.", "There are no soil data for this place."),
    "no_normal": S(
        "Không có trạm nào trong 100 km có đủ 10 năm số liệu.",
        "No station within 100 km has ten years of data.",
    ),
    "no_position": S(
        "Chưa có ranh giới của xã này trong hệ thống, nên chưa tìm được trạm gần.",
        "The boundary of this commune is not loaded, so that no near station can be found.",
    ),
    "old": S(
        "Quá cũ ({age}): coi như chưa biết, không dùng để quyết định.",
        "Too old ({age}): counts as unknown, do not act on it.",
    ),
    "far": S(
        "Đo cách đây {km} km, xa hơn {reach} km: không nói lên được ruộng bạn.",
        "Taken {km} km away, further than {reach} km: it does not speak for your field.",
    ),
    "from": S("{name}, cách {km} km", "{name}, {km} km away"),
    "of_day": S("ngày {day}, {age} trước", "on {day}, {age} ago"),
    "of_month": S("tháng {month}, hết tháng {age} trước", "{month}, ended {age} ago"),
    "of_moment": S("lúc {moment}, {age} trước", "at {moment}, {age} ago"),
    "years": S("{years} năm, {first}–{last}", "{years} years, {first}–{last}"),
    "range": S("{mean} ({low}–{high}) {unit}", "{mean} ({low}–{high}) {unit}"),
    "hours": S("{n} giờ", "{n} hours"),
    "days": S("{n} ngày", "{n} days"),
    "image_of": S("ảnh tháng {month}, {age} trước", "image of {month}, {age} ago"),
    "map": S("bản đồ, không đổi theo thời gian", "map, does not change with time"),
    "pixels": S("{n} ô 1 km", "{n} pixels of 1 km"),
    "soil_share": S(
        "bản đồ biết đất ở {share} % diện tích xã",
        "the map knows the soil of {share} % of the commune",
    ),
    "soil_water": S(
        "Bản đồ chỉ biết đất ở {share} % diện tích xã (còn lại là nước hoặc trống): chưa rõ loại "
        "đất.",
        "The map knows the soil of only {share} % of the commune (the rest is water or a gap): "
        "texture unknown.",
    ),
    "parts": S(
        "cát {sand} %, thịt {silt} %, sét {clay} %", "sand {sand} %, silt {silt} %, clay {clay} %"
    ),
    "span": S("{mean} {unit} (trong xã {low}–{high})", "{mean} {unit} ({low}–{high} within it)"),
    "share": S("{name} {share} %", "{name} {share} %"),
    "simulated": S("mô phỏng", "simulated"),
    "day_label": S("Xem lại một ngày khác", "Replay another day"),
    "day_button": S("Xem", "Show"),
    "sources": S("Nguồn", "Sources"),
    "flowering": S(
        "Theo lịch xuống giống, lúc này có trà lúa {season} có thể đang trổ.",
        "By the sowing calendar some {season} rice may be flowering now.",
    ),
    "not_flowering": S(
        "Theo lịch xuống giống, lúc này không có trà lúa nào trổ.",
        "By the sowing calendar no rice is flowering now.",
    ),
    "summary_watch": S("Cần để ý", "Watch out"),
    "summary_fine": S("Không thấy điều gì bất lợi", "Nothing adverse is seen"),
    "summary_unknown": S("Chưa rõ", "Not known"),
    "summary_fine_text": S(
        "trong các số liệu còn dùng được dưới đây.", "in the usable figures below."
    ),
    "summary_unknown_text": S(
        "Không có số liệu thời tiết nào đủ mới và đủ gần để khuyên.",
        "No weather figure is recent and near enough for advice.",
    ),
    "not_known": S("Chưa rõ: {names}.", "Not known: {names}."),
    "rules": S("Căn cứ của từng ý", "The rule behind each line"),
    # officer's table
    "officer_title": S("Thời tiết và đất theo xã", "Weather and soil by commune"),
    "officer_note": S(
        "Giá trị quá cũ hoặc quá xa ghi “chưa rõ”. Độ mặn đất là kết quả mô hình.",
        "Values too old or too far away say “unknown”. Soil salinity is a model's output.",
    ),
    "commune": S("Xã, phường", "Commune"),
    "station": S("Trạm của mức thường", "Station of the normal"),
    "texture": S("Loại đất", "Texture"),
}

ITEMS: Mapping[str, Sentence] = {
    "air_temperature daily_max": S("Nóng nhất trong ngày", "Highest temperature of the day"),
    "air_temperature daily_min": S("Thấp nhất trong ngày", "Lowest temperature of the day"),
    "rain daily_sum": S("Mưa trong ngày", "Rain of the day"),
    "relative_humidity daily_mean": S("Độ ẩm không khí", "Air humidity"),
    "rain monthly_sum last": S("Mưa tháng vừa qua", "Rain of the last month"),
    "air_temperature monthly_mean_max": S("Nóng nhất ban ngày", "Daytime high"),
    "air_temperature monthly_mean": S("Nhiệt độ trung bình", "Mean temperature"),
    "air_temperature monthly_mean_min": S("Thấp nhất ban đêm", "Night low"),
    "rain monthly_sum": S("Mưa cả tháng", "Rain of the month"),
    "relative_humidity monthly_mean": S("Độ ẩm không khí", "Air humidity"),
    "sunshine_duration monthly_sum": S("Giờ nắng cả tháng", "Sunshine of the month"),
    "texture": S("Loại đất", "Soil texture"),
    "bulk_density": S("Dung trọng", "Bulk density"),
    "elevation": S("Độ cao (bản đồ toàn cầu)", "Elevation (global map)"),
    "cover": S("Mặt đất nhìn từ vệ tinh", "Ground seen from space"),
    "LST": S("Nhiệt độ mặt đất, trung bình tháng", "Surface temperature, mean of the month"),
    "SM": S("Độ ẩm đất", "Soil moisture"),
    "ECE_MODEL": S("Độ mặn đất (mô hình)", "Soil salinity (model)"),
}
"""Name of each item: ``variable statistic``, or the band."""

FINDINGS: Mapping[str, Sentence] = {
    "heat_below": S(
        "Dưới {limit} °C rõ rệt: không hại bông lúa đang trổ.",
        "Clearly below {limit} °C: no harm to flowering rice.",
    ),
    "heat_near": S(
        "Sát ngưỡng {limit} °C (số này có thể lệch {margin} °C): ruộng đang trổ nên giữ nước.",
        "Near {limit} °C (this figure may be off by {margin} °C): keep water on flowering fields.",
    ),
    "heat_above": S(
        "Từ {limit} °C trở lên lúc lúa trổ thì dễ lép hạt: giữ nước trong ruộng.",
        "At {limit} °C or more, flowering rice may stay empty: keep water on the field.",
    ),
    "heat_no_flower": S(
        "Gần hoặc trên {limit} °C, nhưng theo lịch lúc này lúa không trổ.",
        "Near or above {limit} °C, but by the calendar no rice flowers now.",
    ),
    "heat_usual_below": S(
        "Trung bình dưới {limit} °C; từng ngày vẫn có thể vượt: xem dự báo khi lúa trổ.",
        "On average below {limit} °C; single days may exceed it: watch the forecast at flowering.",
    ),
    "heat_usual_near": S(
        "Trung bình đã sát {limit} °C: nhiều ngày vượt, tránh để lúa trổ vào tháng này.",
        "On average near {limit} °C: many days exceed it, avoid flowering in this month.",
    ),
    "cold_below": S(
        "Dưới {limit} °C lúc lúa làm đòng thì dễ lép: giữ nước sâu qua đêm.",
        "Below {limit} °C, rice that forms panicles may stay empty: keep deep water overnight.",
    ),
    "cold_near": S(
        "Sát ngưỡng {limit} °C (số này có thể lệch {margin} °C): ruộng làm đòng nên giữ nước.",
        "Near {limit} °C (this figure may be off by {margin} °C): keep water where panicles form.",
    ),
    "cold_above": S(
        "Trên {limit} °C rõ rệt: không hại lúa làm đòng.",
        "Clearly above {limit} °C: no harm to panicles.",
    ),
    "cold_usual_above": S(
        "Trung bình trên {limit} °C: ít đêm lạnh hại lúa làm đòng.",
        "On average above {limit} °C: few nights are cold enough to harm panicles.",
    ),
    "cold_usual_near": S(
        "Trung bình sát {limit} °C: có đêm lạnh hại lúa làm đòng.",
        "On average near {limit} °C: some nights are cold enough to harm panicles.",
    ),
    "rain_light": S(
        "Chưa phải mưa to (trên {limit} mm): không cần bơm tiêu vì trận mưa này.",
        "Not heavy rain (above {limit} mm): no need to pump because of it.",
    ),
    "rain_heavy": S(
        "Mưa to (trên {limit} mm): xem bờ, tiêu bớt nước; lúa mới sạ và rau dễ úng.",
        "Heavy rain (above {limit} mm): check dykes and drain; young rice and vegetables drown.",
    ),
    "rain_very_heavy": S(
        "Mưa rất to (trên {limit} mm): tiêu nước ngay.",
        "Very heavy rain (above {limit} mm): drain at once.",
    ),
    "month_below": S(
        "Ít hơn 9 trên 10 năm (dưới {low} mm): trữ nước ngọt, mặn dễ vào sâu hơn.",
        "Less than in 9 years of 10 (below {low} mm): store fresh water, salt may come further.",
    ),
    "month_within": S("Như thường lệ ({low}–{high} mm).", "As usual ({low}–{high} mm)."),
    "month_above": S(
        "Nhiều hơn 9 trên 10 năm (trên {high} mm): lo tiêu úng.",
        "More than in 9 years of 10 (above {high} mm): see to drainage.",
    ),
    "month_dry": S(
        "Tháng khô (dưới {limit} mm): mưa không đủ cho lúa, phải lấy nước sông: xem nước mặn.",
        "A dry month (below {limit} mm): rain cannot grow rice, river water is needed: see "
        "salinity.",
    ),
    "month_wet": S(
        "Tháng có mưa (từ {limit} mm): mưa góp phần nuôi lúa, cần giữ nước mưa.",
        "A month with rain ({limit} mm or more): rain helps to grow rice, keep it.",
    ),
    "humid": S(
        "Từ {limit} % trở lên: thăm ruộng, đạo ôn dễ phát.",
        "At {limit} % or more: visit the field, rice blast spreads easily.",
    ),
    "not_humid": S(
        "Dưới {limit} %: ít thuận cho đạo ôn.", "Below {limit} %: less favourable to rice blast."
    ),
    "sunshine": S(
        "Nắng từ trổ đến chín làm hạt chắc.", "Sun from flowering to ripeness fills the grain."
    ),
    "cool": S(
        "Mức để so: tháng này năm nay nóng hay mát hơn thường lệ.",
        "To compare with: whether this year's month is warmer or cooler than usual.",
    ),
    "texture_heavy": S(
        "Đất sét nặng: giữ nước tốt cho lúa, lâu rút; khô thì nứt, cây cạn cần lên liếp.",
        "Heavy clay: holds water well for rice and drains slowly; it cracks when dry, other crops "
        "need raised beds.",
    ),
    "texture_medium": S(
        "Đất vừa: giữ nước khá, trồng được cả lúa và cây cạn.",
        "Medium soil: holds water fairly well, suits rice and other crops.",
    ),
    "texture_light": S(
        "Đất nhẹ: mất nước nhanh, lúa tốn nước tưới.",
        "Light soil: loses water fast, rice needs much irrigation.",
    ),
    "bulk_loose": S(
        "Tơi (dưới {ideal} g/cm³): rễ dễ ăn sâu.", "Loose (below {ideal} g/cm³): roots go deep."
    ),
    "bulk_firm": S(
        "Hơi chặt ({ideal}–{limit} g/cm³): rễ còn phát triển được.",
        "Rather firm ({ideal}–{limit} g/cm³): roots still grow.",
    ),
    "bulk_tight": S(
        "Chặt (trên {limit} g/cm³): rễ khó ăn sâu.", "Tight (above {limit} g/cm³): roots suffer."
    ),
    "elevation": S(
        "Đừng đoán ngập bằng số này: bản đồ toàn cầu cao hơn đồng bằng thật khoảng 2 m.",
        "Do not judge flooding by it: global maps lie about 2 m above the true delta.",
    ),
    "igbp_share": S(
        "{share} % ô là đất trồng trọt; ô 1 km gộp cả ruộng, vườn, nhà và kênh.",
        "{share} % of the pixels are cropland; a pixel of 1 km mixes fields, gardens and houses.",
    ),
    "surface": S(
        "Không phải nắng giữa trưa: không dùng để xét nóng lúc lúa trổ.",
        "Not the midday heat: not for judging heat at flowering.",
    ),
    "soil_soaked": S(
        "Nước chiếm khoảng {share} % lỗ rỗng: đất no nước, cây cạn dễ úng.",
        "Water fills about {share} % of the pores: soaked, other crops than rice may suffer.",
    ),
    "soil_moist": S(
        "Nước chiếm khoảng {share} % lỗ rỗng: đất đủ ẩm.",
        "Water fills about {share} % of the pores: moist enough.",
    ),
    "soil_dry": S(
        "Nước chiếm khoảng {share} % lỗ rỗng: đất khô, cây cạn cần tưới.",
        "Water fills about {share} % of the pores: dry, crops need irrigation.",
    ),
    "model_below": S(
        "Mô hình thấp hơn ngưỡng {limit} dS/m của lúa, nhưng chỉ là mô hình, đơn vị còn nghi ngờ: "
        "đo đất trước khi quyết định.",
        "The model lies below rice's threshold of {limit} dS/m, but it is only a model and its "
        "unit is in doubt: measure the soil before you decide.",
    ),
    "model_above": S(
        "Mô hình cao hơn ngưỡng {limit} dS/m của lúa, nhưng chỉ là mô hình, đơn vị còn nghi ngờ: "
        "đo đất trước khi quyết định.",
        "The model lies above rice's threshold of {limit} dS/m, but it is only a model and its "
        "unit is in doubt: measure the soil before you decide.",
    ),
}
"""Key of `agridata.environment.Finding` → one plain sentence."""

MARKS: Mapping[str, Sentence] = {
    "measured": S("đo trên chính số liệu này", "measured on these data"),
    "definition": S("theo định nghĩa", "by definition"),
    "secondary": S("nguồn thứ cấp", "secondary source"),
    "unverified": S("chưa kiểm chứng với nguồn gốc", "not verified against the original"),
}
"""How far a rule was checked."""

SOURCES: Mapping[str, Sentence] = {
    "rain_month": S("khoảng 10–90 % của chính chuỗi này", "10–90 % range of the same series"),
    "humidity": S("đạo ôn lúa, độ ẩm từ 90 %", "rice blast, relative humidity from 90 %"),
    "sunshine": S(
        "Yoshida 1981: ánh sáng từ trổ đến chín", "Yoshida 1981: light from flowering to ripeness"
    ),
    "calendar": S(
        "lịch xuống giống Hậu Giang 2020, 2023–24 (báo Hậu Giang, VTV), cộng 60–75 ngày",
        "sowing calendar of Hậu Giang 2020, 2023–24 (press), plus 60–75 days",
    ),
    "rain_day": S(
        "Tổng cục KTTV: mưa to 51–100 mm/24 giờ, rất to trên 100 mm",
        "national classes: heavy 51–100 mm/24 h, very heavy above 100 mm",
    ),
    "dry_month": S("Köppen: tháng khô dưới 60 mm", "Köppen: a dry month has less than 60 mm"),
    "texture": S("Sổ tay USDA 18 (2017); sét từ 40 %", "USDA Handbook 18 (2017); clay from 40 %"),
    "bulk": S("USDA-NRCS: dung trọng và rễ cây", "USDA-NRCS: bulk density and root growth"),
    "moisture": S("lỗ rỗng = 1 − dung trọng / 2,65 g/cm³", "pores = 1 − bulk density / 2.65 g/cm³"),
    "surface": S("5–95 % của ảnh: 292–298 K", "5–95 % of the image: 292–298 K"),
    "cover": S("ô 1 km, lớp IGBP của MODIS", "1 km pixels, IGBP classes of MODIS"),
}
"""Rules whose source is said differently in the two languages; the others as the rule has it."""

KINDS: Mapping[str, Sentence] = {
    "official": S("trạm chính thức", "official station"),
    "modelled": S("số liệu mô hình", "modelled product"),
    "reanalysis": S("tái phân tích ERA5", "ERA5 reanalysis"),
    "sensor": S("cảm biến", "sensor"),
    "map": S("bản đồ mô hình", "modelled map"),
    "image": S("ảnh vệ tinh", "satellite image"),
    "model": S("KẾT QUẢ MÔ HÌNH", "MODEL OUTPUT"),
}

TEXTURE_NAMES: Mapping[str, Sentence] = {
    "sand": S("cát", "sand"),
    "loamy_sand": S("cát pha thịt", "loamy sand"),
    "sandy_loam": S("thịt pha cát", "sandy loam"),
    "loam": S("thịt", "loam"),
    "silt_loam": S("thịt pha bột", "silt loam"),
    "silt": S("bột", "silt"),
    "sandy_clay_loam": S("thịt pha sét cát", "sandy clay loam"),
    "clay_loam": S("thịt pha sét", "clay loam"),
    "silty_clay_loam": S("thịt pha sét bột", "silty clay loam"),
    "sandy_clay": S("sét pha cát", "sandy clay"),
    "silty_clay": S("sét pha bột", "silty clay"),
    "clay": S("sét", "clay"),
}

COVER: Mapping[int, Sentence] = {
    1: S("rừng lá kim", "needleleaf forest"),
    2: S("rừng thường xanh", "evergreen forest"),
    3: S("rừng lá kim rụng lá", "deciduous needleleaf forest"),
    4: S("rừng rụng lá", "deciduous forest"),
    5: S("rừng hỗn giao", "mixed forest"),
    6: S("cây bụi dày", "closed shrubland"),
    7: S("cây bụi thưa", "open shrubland"),
    8: S("trảng cây gỗ", "woody savanna"),
    9: S("trảng cỏ cây", "savanna"),
    10: S("đồng cỏ", "grassland"),
    11: S("đất ngập nước", "permanent wetland"),
    12: S("đất trồng trọt", "cropland"),
    13: S("khu dân cư", "built-up"),
    14: S("trồng trọt xen cây tự nhiên", "cropland mixed with natural plants"),
    15: S("băng tuyết", "snow and ice"),
    16: S("đất trống", "bare"),
    17: S("mặt nước", "water"),
}
"""Classes of the International Geosphere-Biosphere Programme, as MODIS numbers them."""
