# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST APIs of Elastic Cloud Hosted and of Elastic Cloud Enterprise."""
