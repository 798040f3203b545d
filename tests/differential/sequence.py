# SPDX-License-Identifier: GPL-3.0-or-later
"""One sequence of calls, errors included: what the collection asks of Elasticsearch. Later parts build on what earlier ones left."""

from __future__ import annotations

from differential import admission_calls, cluster_calls, link_calls
from differential.recorder import Recorder

PARTS = (
    cluster_calls.basics,
    cluster_calls.documents,
    cluster_calls.roles_and_users,
    cluster_calls.refused_keys,
    cluster_calls.keys,
    cluster_calls.owners,
    link_calls.settings,
    link_calls.unreachable,
    link_calls.link,
    link_calls.unusable,
    link_calls.private_ca,
    admission_calls.trusted,
    admission_calls.filtered,
    link_calls.untied,
)
# What the distribution of the real nodes lacks. The simulated clusters are held to the API's description there, as everywhere.
LACKING = (cluster_calls.replication,)


def run(recorder: Recorder) -> None:
    for part in PARTS + LACKING:
        recorder.section(part.__name__)
        part(recorder)
