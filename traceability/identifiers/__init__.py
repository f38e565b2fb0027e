"""GS1 keys, Digital Link, Vietnam's trace code, short codes.

Facts come from one table (`_table`), values are judged by linters of the GS1 Barcode
Syntax Dictionary's names (`lint`), pairs by `check_associations`.
"""

from __future__ import annotations

from traceability.identifiers._canonical import canonical_uri
from traceability.identifiers._check import check_digit, check_pair, gtin14, with_check_digit
from traceability.identifiers._digital_link import (
    build_digital_link,
    escape_path,
    escape_query,
    parse_digital_link,
    split_digital_link,
    unescape_path,
    unescape_query,
)
from traceability.identifiers._elements import (
    check_associations,
    check_value,
    parse_element_string,
)
from traceability.identifiers._lint import lint
from traceability.identifiers._short_code import (
    format_short_code,
    new_short_code,
    normalise_short_code,
)
from traceability.identifiers._table import ApplicationIdentifier, all_identifiers
from traceability.identifiers._trace_code import TraceCode, build_trace_code, parse_trace_code

__all__ = [
    "ApplicationIdentifier",
    "TraceCode",
    "all_identifiers",
    "build_digital_link",
    "build_trace_code",
    "canonical_uri",
    "check_associations",
    "check_digit",
    "check_pair",
    "check_value",
    "escape_path",
    "escape_query",
    "format_short_code",
    "gtin14",
    "lint",
    "new_short_code",
    "normalise_short_code",
    "parse_digital_link",
    "parse_element_string",
    "parse_trace_code",
    "split_digital_link",
    "unescape_path",
    "unescape_query",
    "with_check_digit",
]
