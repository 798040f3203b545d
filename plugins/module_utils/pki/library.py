# SPDX-License-Identifier: GPL-3.0-or-later
"""The library ``cryptography``: the files of this package import it if it is there, and ask here before they use it."""

from __future__ import annotations

import sys

from ..model.errors import MissingLibrary

try:
    import cryptography
except ImportError:
    FOUND = False
else:
    FOUND = bool(cryptography.__version__)


def require() -> None:
    """Raise MissingLibrary where the library is not installed."""
    if not FOUND:
        raise MissingLibrary(
            f"the Python library cryptography is missing for {sys.executable}",
            "install cryptography 42.0.0 or later there, or run the task on a host that has it",
        )
