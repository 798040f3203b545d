# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of ``node_certificate`` lead to in the controller, where certificates are signed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from ..model.durations import milliseconds
from ..model.errors import InvalidDeclaration
from ..operations.certificates import Authority
from ..pki.signing import Subject


def subject(params: Mapping[str, Any]) -> Subject:
    """What the certificate is to say."""
    name = params["common_name"] or next(iter(params["dns"]), "")
    return Subject(name, params["dns"], params["ip"], params["other_names"], params["key_type"])


def authority(params: Mapping[str, Any]) -> Authority:
    """The CA that signs."""
    return Authority(
        params["ca_certificate"],
        params["ca_key"],
        params["ca_passphrase"],
        params["ca_name"],
        params["key_type"],
        duration(params, "ca_valid_for"),
    )


def duration(params: Mapping[str, Any], name: str) -> datetime.timedelta:
    """An option such as ``365d``. Raises InvalidDeclaration."""
    try:
        return datetime.timedelta(milliseconds=milliseconds(params[name]))
    except ValueError as error:
        raise InvalidDeclaration([f"{name}: {error}"]) from error
