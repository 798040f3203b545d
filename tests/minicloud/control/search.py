# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for deployments: the forms of the query language that clients use. Any other is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from minicloud.control.errors import ApiError, bad_request

_NAME = "name.keyword"
_ELASTICSEARCH = "resources.elasticsearch"
_CLUSTER_ID = "resources.elasticsearch.id"
_SORTABLE = {"id": lambda found: found.id, _NAME: lambda found: found.name}


class Searchable(Protocol):
    """What of a deployment can be searched for."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name, which need not be unique."""

    @property
    def cluster_id(self) -> str:
        """The id of its Elasticsearch resource."""


Predicate = Callable[[Searchable], bool]


def predicate(query: Any) -> Predicate:
    """What a query matches. Raises ApiError 400."""
    kind, content = _single(query)
    if kind == "bool" and isinstance(content, dict):
        return _bool(content)
    if kind == "term":
        name = _inner(content, _NAME, "value")
        return lambda deployment: deployment.name == name
    if kind == "nested" and isinstance(content, dict) and set(content) == {"path", "query"} and content["path"] == _ELASTICSEARCH:
        return _cluster_id(content["query"])
    raise _unsupported(kind)


def order(sort: Sequence[Any]) -> Callable[[Searchable], tuple[str, ...]]:
    """The sort key for a list of field names. Raises ApiError 400."""
    for field in sort:
        if not isinstance(field, str) or field not in _SORTABLE:
            raise _unsupported("sort")
    return lambda deployment: tuple(_SORTABLE[field](deployment) for field in sort)


def _bool(content: dict[str, Any]) -> Predicate:
    clauses = {"filter", "must", "should"}
    if not content or not set(content) <= {*clauses, "minimum_should_match"} or content.get("minimum_should_match", 1) != 1:
        raise _unsupported("bool")
    if not all(isinstance(content[clause], list) and content[clause] for clause in clauses & set(content)):
        raise _unsupported("bool")
    required = [predicate(item) for clause in ("filter", "must") for item in content.get(clause, [])]
    alternatives = [predicate(item) for item in content.get("should", [])]
    # Beside a required clause, alternatives would only influence the score.
    if alternatives and required and "minimum_should_match" not in content:
        raise _unsupported("bool.should")
    return lambda deployment: (
        all(matches(deployment) for matches in required) and (not alternatives or any(matches(deployment) for matches in alternatives))
    )


def _cluster_id(query: Any) -> Predicate:
    kind, content = _single(query)
    if kind != "match":
        raise _unsupported(f"nested.{kind}")
    wanted = _inner(content, _CLUSTER_ID, "query")
    return lambda deployment: deployment.cluster_id == wanted


def _single(query: Any) -> tuple[str, Any]:
    if not isinstance(query, dict) or len(query) != 1:
        raise _unsupported("query")
    return next(iter(query.items()))


def _inner(content: Any, field: str, parameter: str) -> str:
    if isinstance(content, dict) and set(content) == {field}:
        inner = content[field]
        if isinstance(inner, dict) and set(inner) == {parameter} and isinstance(inner[parameter], str):
            return inner[parameter]
    raise _unsupported(f"{field}.{parameter}")


def _unsupported(what: str) -> ApiError:
    return bad_request(f"this form of search is not understood, at {what}", [what], "deployments.search.invalid_query")
