# SPDX-License-Identifier: GPL-3.0-or-later
"""Doing things of many clusters at once. A failure belongs to its item and stops no other."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, TypeVar

from ..model.errors import CrossClusterError

K = TypeVar("K", bound=Hashable)


class Pool:
    """A bounded number of threads. size: how many things happen at the same time."""

    def __init__(self, size: int) -> None:
        self._size = size

    def each(self, items: Iterable[K], work: Callable[[K], Any]) -> tuple[dict[K, Any], dict[K, CrossClusterError]]:
        """Do the work for each item; results and expected failures by item."""
        items = list(dict.fromkeys(items))
        results: dict[K, Any] = {}
        failures: dict[K, CrossClusterError] = {}
        if not items:
            return results, failures
        with ThreadPoolExecutor(max_workers=min(self._size, len(items))) as executor:
            futures = {item: executor.submit(work, item) for item in items}
        for item, future in futures.items():
            try:
                results[item] = future.result()
            except CrossClusterError as error:
                failures[item] = error
        return results, failures


def grouped(items: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """The items by their key, in the order in which they come."""
    groups: dict[Any, list[Any]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
