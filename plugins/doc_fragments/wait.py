# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of waiting for plans, see module_utils/module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until the plan has ended, and to fail when it ended badly.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for each plan, one that is already pending included.
    type: int
    default: 1800
"""
