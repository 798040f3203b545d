# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the keystore of a node is."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  home:
    description:
      - The folder in which Elasticsearch is installed, with C(bin/elasticsearch-keystore) in it.
    type: path
    default: /usr/share/elasticsearch
  config:
    description:
      - The folder of C(elasticsearch.yml), which has the keystore in it (C(ES_PATH_CONF)).
    type: path
    default: /etc/elasticsearch
  command:
    description:
      - How C(elasticsearch-keystore) is called where O(home) is not enough, for example
        V([docker, exec, -i, es01, bin/elasticsearch-keystore]).
      - Without it, root runs the program as the user to whom the keystore belongs, since it refuses to replace a file of another user.
    type: list
    elements: str
  password:
    description:
      - Password of the keystore, when it has one. A keystore that is made is protected with it.
    type: str
"""
