# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch clusters in Python: the part of the API that links need, answered as real nodes answer it.

A link works exactly when the state of both sides says so. What real nodes answer was looked at, not read up: `tests/differential` holds
this package to them.
"""
