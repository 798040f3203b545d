# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module states about itself."""

from __future__ import annotations


class ModuleDocFragment:
    # For modules that bring something to a state.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Predicts the changes without making them.
  diff_mode:
    support: full
    description: Shows what is changed, without secrets.
  idempotent:
    support: full
    description: Running it again without a change in between changes nothing.
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Reads only, in check mode too.
  diff_mode:
    support: N/A
    description: Changes nothing.
  idempotent:
    support: full
    description: Changes nothing.
"""

    # For modules that do something each time.
    ACTION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Says what would be done without doing it.
  diff_mode:
    support: full
    description: Shows what is done.
  idempotent:
    support: none
    description: Acts each time it runs, since nothing tells whether it is still needed.
"""

    CLOUD_GROUP = r"""
options: {}
attributes:
  action_group:
    support: full
    description: Use C(group/crosscluster.elastic.cloud) in C(module_defaults) to set the connection once.
    membership:
      - crosscluster.elastic.cloud
"""

    ELASTICSEARCH_GROUP = r"""
options: {}
attributes:
  action_group:
    support: full
    description: Use C(group/crosscluster.elastic.elasticsearch) in C(module_defaults) to set the connection once.
    membership:
      - crosscluster.elastic.elasticsearch
"""
