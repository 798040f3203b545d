# SPDX-License-Identifier: GPL-3.0-or-later
"""The stages of making links, in their order. This tuple is the only place that knows it."""

from __future__ import annotations

CHECK, NETWORK, TRUST, CREDENTIALS, CONNECTION, ROLES, VERIFY, RETIRE = STEPS = (
    "check",
    "network",
    "trust",
    "credentials",
    "connection",
    "roles",
    "verify",
    "retire",
)
WRITING = (NETWORK, TRUST, CREDENTIALS, CONNECTION, ROLES)
"""The steps that change something; ``retire`` comes after the proof and is taken by itself."""
