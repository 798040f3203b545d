# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job of the collection, shown on a mini cloud: ``python -m demo SCENARIO``."""
