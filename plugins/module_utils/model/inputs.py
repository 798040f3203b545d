# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds of every value that a user gives, whatever its option means. Values are walked along their specification.

A specification is that of Ansible: options by name, each with ``type``, ``elements``, ``options``, ``required`` and ``no_log``.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

Spec = Mapping[str, Mapping[str, Any]]

LONGEST = 1024
"""Characters of a text that is a name, an address, a path or a credential."""
A_DAY = 86_400
"""Seconds."""

_CONTENTS = ("certificates", "ca_certificates", "certificate", "private_key", "ca_certificate", "ca_key")
"""Texts that may be what a file holds, a private key by mistake included: they are never quoted."""
_PROSE = ("description", *_CONTENTS)
"""Texts that may have several lines, may be empty, and are as long as their API admits."""
_HEADERS = ("api_key",)
"""Texts that are sent in a header as they are."""
_RANGES = {"pool": (1, 1024), "wait_timeout": (0, A_DAY), "started_after": (0, 2**53)}
_RANGE = (1, A_DAY)

_LINES = "\n\r\t"
_JOINERS = "\u200c\u200d"
"""Invisible, but part of how Persian and emoji are written."""
_CONTROL, _HIDDEN = ("Cc", "Cs"), ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories: control characters and halves of characters, besides them what changes or breaks a line unseen."""


def problems(spec: Spec, values: Mapping[str, Any], where: str = "") -> list[str]:
    """What is wrong with values, each text beginning with the place of the value; [] when nothing is.

    To be asked about the values as the user wrote them, and as Ansible has read them: it splits texts into lists, but also turns
    a list into the text that Python prints for it. where: what the names of the options are prefixed with.
    """
    return [text for name, option in spec.items() for text in _problems(option, name, values.get(name), where + name)]


def shown(value: object) -> str:
    """A value as messages quote it: on one line, in visible characters, and not too long."""
    text = ascii(value) if _first(str(value), _HIDDEN) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _problems(option: Mapping[str, Any], name: str, value: Any, where: str) -> list[str]:
    if value is None:
        return [f"{where} is empty"] if option.get("required") else []
    kind = option.get("type", "str")
    if kind == "list":
        if isinstance(value, bool):
            return [f"{where} is not a list"]
        # A text is a list with commas, and seen again once Ansible has split it.
        elements = enumerate(value) if isinstance(value, list) else ()
        element = {**option, "type": option.get("elements", "raw"), "required": True}
        return [text for index, item in elements for text in _problems(element, name, item, f"{where}[{_label(index, item)}]")]
    if kind == "dict" and option.get("options"):
        if isinstance(value, Mapping):
            return problems(option["options"], value, where + ".")
        return [] if isinstance(value, str) else [f"{where} is not a dictionary"]  # a text may be one, which Ansible reads
    found = _RULES[kind](name, value) if kind in _RULES else ""
    unquoted = option.get("no_log") or name in _CONTENTS or isinstance(value, (Mapping, list)) or not str(value).strip()
    return [f"{where} {found}" if unquoted else f"{where} {shown(value)} {found}"] if found else []


def _label(index: int, item: Any) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return shown(name) if isinstance(name, str) and name.strip() else str(index)


def _text(name: str, value: Any) -> str:
    if isinstance(value, (bool, Mapping, list)):
        return "is not a text"
    text = str(value)
    if name in _PROSE:
        return _prose(text)
    if not text.strip():
        return "is empty"
    hidden = _first(text, _HIDDEN)
    if hidden:
        return f"has the character {hidden}, which cannot be seen or breaks the line"
    if name in _HEADERS and (not text.isascii() or " " in text):
        return "has blanks or characters beyond ASCII"
    return f"is longer than {LONGEST} characters" if len(text) > LONGEST else ""


def _number(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "is not a number"
    least, most = _RANGES.get(name, _RANGE)
    return "" if not isinstance(value, int) or least <= value <= most else f"is not between {least} and {most}"


def _data(_name: str, value: Any) -> str:
    """JSON of any form."""
    if isinstance(value, Mapping):
        return next((text for pair in value.items() for item in pair for text in [_data(_name, item)] if text), "")
    if isinstance(value, list):
        return next((text for item in value for text in [_data(_name, item)] if text), "")
    if isinstance(value, float) and not math.isfinite(value):
        return "has a number that is infinite or none"
    return _prose(value) if isinstance(value, str) else ""


def _prose(text: str) -> str:
    control = _first(text, _CONTROL, _LINES)
    return f"has the control character {control}" if control else ""


def _first(text: str, categories: tuple[str, ...], admitted: str = _JOINERS) -> str:
    """The first character of these Unicode categories, as U+XXXX, or ""."""
    if text.isascii() and text.isprintable():
        return ""
    return next((f"U+{ord(char):04X}" for char in text if unicodedata.category(char) in categories and char not in admitted), "")


_RULES = {"str": _text, "path": _text, "int": _number, "dict": _data, "raw": _data}
