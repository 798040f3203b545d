# SPDX-License-Identifier: GPL-3.0-or-later
"""Loopback addresses: each platform and each node has one of its own, so that all of them can use the same true ports."""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence

_ATTEMPTS = 100


def free_address(ports: Sequence[int]) -> str:
    """An address 127.x.y.z on which all these ports are free. Raises OSError when none is found."""
    generator = random.SystemRandom()
    reason: OSError | None = None
    for _attempt in range(_ATTEMPTS):
        # 127.0.x.y is left to others: resolvers and the like live there.
        address = f"127.{generator.randint(1, 254)}.{generator.randint(0, 255)}.{generator.randint(1, 254)}"
        reason = _obstacle(address, ports)
        if reason is None:
            return address
    raise OSError(f"no loopback address has ports {', '.join(map(str, ports))} free (this needs Linux): {reason}")


def _obstacle(address: str, ports: Sequence[int]) -> OSError | None:
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
            # As servers do: connections that ended a moment ago are no obstacle.
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((address, port))
            except OSError as error:
                return error
    return None
