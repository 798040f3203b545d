# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of platforms on which clusters run."""

from __future__ import annotations

ECH, ECE, SELF_MANAGED = "ech", "ece", "self_managed"
PLATFORM_TYPES = (ECH, ECE, SELF_MANAGED)
ECH_URL = "https://api.elastic-cloud.com"
