# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Elastic Cloud on one machine: control planes, proxies and Elasticsearch nodes that anyone can start."""
