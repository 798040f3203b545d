# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m minicloud`."""

from __future__ import annotations

import sys

from minicloud.cli import main

sys.exit(main())
