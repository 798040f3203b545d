# SPDX-License-Identifier: GPL-3.0-or-later
"""Loopback addresses: Linux answers on all of 127.0.0.0/8, so every node can have one of its own and the usual ports there."""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence

from minicloud.dataplane import DataPlaneError

_ATTEMPTS = 100


def free_address(ports: Sequence[int]) -> str:
    """A loopback address on which nobody listens on any of `ports`. Raises DataPlaneError."""
    for _ in range(_ATTEMPTS):
        address = f"127.{random.randint(1, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"
        if all(_is_free(address, port) for port in ports):
            return address
    raise DataPlaneError(
        f"no loopback address with the ports {', '.join(map(str, ports))} free: is something bound to them on all addresses?"
    )


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True
