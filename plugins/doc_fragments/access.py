# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``access``, see module_utils/module/options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  access:
    description:
      - What the key allows. It limits every request of the local cluster, those of superusers too.
      - At least one of O(access.search) and O(access.replication) must have an entry.
    type: dict
    suboptions:
      search:
        description:
          - Indices that may be searched.
        type: list
        elements: dict
        suboptions:
          names:
            description:
              - Names or patterns of indices, data streams and aliases.
            type: list
            elements: str
            required: true
          query:
            description:
              - A query in the query DSL, as a dictionary or as JSON text. Only documents that match it can be seen.
              - Elasticsearch refuses it together with O(access.replication).
            type: raw
          field_security:
            description:
              - Fields that can be seen. Elasticsearch refuses it together with O(access.replication).
            type: dict
            suboptions:
              grant:
                description: Fields that can be seen.
                type: list
                elements: str
              except:
                description: Fields out of these that cannot be seen.
                type: list
                elements: str
          allow_restricted_indices:
            description:
              - Whether the names cover restricted indices such as C(.security) too.
            type: bool
      replication:
        description:
          - Indices that may be followed.
        type: list
        elements: dict
        suboptions:
          names:
            description:
              - Names or patterns of indices and data streams.
            type: list
            elements: str
            required: true
          allow_restricted_indices:
            description:
              - Whether the names cover restricted indices too.
            type: bool
"""
