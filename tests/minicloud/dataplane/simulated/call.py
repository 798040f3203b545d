# SPDX-License-Identifier: GPL-3.0-or-later
"""A request to a simulated node as its handlers see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minicloud.dataplane.simulated.cluster import Cluster, Node
from minicloud.dataplane.simulated.errors import ElasticsearchError, parsing
from minicloud.dataplane.simulated.network import Network
from minicloud.dataplane.simulated.subjects import Subject


@dataclass(frozen=True)
class Call:
    """A request that was authenticated. `parameters` come from the path, `query` from the query string."""

    network: Network
    cluster: Cluster
    node: Node
    subject: Subject
    content: bytes = field(repr=False)
    parameters: Mapping[str, str]
    query: Mapping[str, str]

    def flag(self, name: str) -> bool:
        return name in self.query and self.query[name] != "false"

    def body(self, missing: str = "request body is required") -> Any:
        """The JSON body. Raises ElasticsearchError when there is none."""
        if not self.content:
            raise parsing(missing)
        return self.optional_body()

    def optional_body(self) -> Any:
        if not self.content:
            return {}
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise _unreadable(self.content.decode("utf-8", "replace")) from error


@dataclass(frozen=True)
class Answer:
    body: Any
    status: int = 200


def _unreadable(text: str) -> ElasticsearchError:
    place = f"[1:{len(text) + 1}]"
    if text.lstrip().startswith("{") and not text.rstrip().endswith("}"):
        reason = f"{place} Unexpected end of file"
        cause = {"type": "json_e_o_f_exception", "reason": "Unexpected end-of-input: expected close marker for Object"}
        root = {"type": "x_content_e_o_f_exception", "reason": reason}
        return ElasticsearchError(400, "x_content_e_o_f_exception", reason, caused_by=cause, root=root)
    reason = "[1:1] Unrecognized token"
    cause = {"type": "json_parse_exception", "reason": "Unrecognized token"}
    root = {"type": "x_content_parse_exception", "reason": reason}
    return ElasticsearchError(400, "x_content_parse_exception", reason, caused_by=cause, root=root)
