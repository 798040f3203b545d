# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from minicloud import dataplane, switches, world, worldfile
from minicloud.cloud import serve_until_cancelled

_DESCRIPTION = """\
A small Elastic Cloud on this machine: the REST APIs of Elastic Cloud Hosted (ECH) and Elastic Cloud Enterprise (ECE), and Elasticsearch
clusters behind proxies as these platforms have them. It runs in the foreground until SIGTERM or SIGINT, then stops all that it started.
"""

_WORLD = """\
The world file says what there is:

  organizations:                 # ECH; all share one API, each has its own API key
    - name: hosted
      regions: [us-east-1]
      deployments:
        - {name: orders-prod, version: 8.19.21, region: us-east-1, nodes: 1}
  environments:                  # ECE
    - name: berlin
      proxy_ca: private          # or public: which CA signs the certificate of the proxies (default private)
      deployments:
        - {name: search-prod, version: 8.19.21, nodes: 2}
  self_managed:                  # data centers where people run clusters themselves
    - name: datacenter
      clusters:
        - {name: billing, version: 8.19.21, nodes: 2}
  plan_seconds: 2                # how long a plan takes (default 2)
  switches: {retry_after: false} # see below

A deployment may have "copies: 2": several of one name on the platform, called NAME, NAME#2, ... here. Simulated ones (--data simulated)
also "licence" (trial, enterprise, platinum or basic) and "refresh_seconds", how long a new API key is not found by searches (default 1).

The remote cluster server of a self-managed cluster is set up by its owner, or with "remote_cluster_server: true" already there, with a
certificate of a CA of the data center or ("server_ca: public") of the public one.

An organization, environment or data center may have "egress: [203.0.113.0/24, ...]": the addresses from which connections of its clusters
come; without it, it has some of its own. A deployment may be filtered by somebody else from the beginning:
"filters: [{name: office, type: ip, rules: [{source: 192.0.2.1}]}]".

What the descriptions of the platforms leave open is decided under "switches", for all platforms of the world (the default is named first):

"""

_INTERFACE = """
When everything is up, DIR/state.json holds addresses, identifiers and credentials, all of them new at each start, and one line "ready"
is printed. Clients reach the names in it through the proxy in "https_proxy" only. "admin_url" is the mini cloud's own interface:

  GET  /requests?since=N                   the requests so far, in order, of control plane and data plane
  GET  /state                              the content of state.json
  GET  /deployments/NAME/keystore          the entries that each node has on disk
  GET  /deployments/NAME/log               the nodes' logs
  POST /deployments/NAME/delivery          {"delays": [S, ...]}: seconds until each node gets a changed keystore (null = never)
  POST /deployments/NAME/forget            {"alias": A}: its nodes lose this alias, though they have its settings (simulated nodes only)
  POST /deployments/NAME/plan              {"hold": true}: a plan that stays pending until {"hold": false}
  POST /deployments/NAME/keystore/remove   {"name": SETTING}: the entry vanishes, by accident as it were
  GET  /deployments/NAME/events            when nodes of a self-managed cluster were away, and the health right before
  POST /deployments/NAME/nodes/NODE/restart   as the owner of such a node would: answered once it is down, it comes back by itself
  POST /certificates                       {"names": [NAME, ...]}: "certificate" (with its chain) and "key" from the public CA
  GET  /secrets                            login tokens ("token") and encoded API keys ("encoded") that were given out
  GET  /switches                           the switches as they are
  POST /switches                           {SWITCH: VALUE, ...}: from now on; all others have their default
  POST /platforms/NAME/rate                {"limit": N, "interval": S, "used": N}: the rate limit of an organization, from now on
  POST /faults                             {"rules": [RULE, ...]}: what is to go wrong from now on, instead of earlier rules
  GET  /faults                             the rules, each with "matched" and "applied", and the sockets that are out of order
  DELETE /faults                           nothing goes wrong any more

A RULE is an object with an "action" and any of: "plane" (control, data or any), "platform", "deployment" (names), "method", "path" (a
regular expression, found anywhere in the path), "after": K (not the first K requests that match), "times": N (not more often) and
"probability" (0 to 1). The first rule whose turn it is acts. The action is one of:

  {"status": 429|500|502|503, "retry_after": S, "html": false}   the answer; the request is not processed
  {"delay": S}                             the request is processed S seconds later
  {"hold": true}                           a write waits until the rules are replaced or ended
  {"drop": "before"|"after"}               the connection is closed without an answer, before or after the request takes effect
  {"outage": S, "refuse": false}           for S seconds everything at this API, or at the proxies of this platform, is answered 503; with
                                           "refuse" connections are refused, and open ones closed
  {"stale": S}                             a read shows what was true S seconds ago; on the data plane what the same request was answered
                                           under this rule before the last write to the deployment
  {"plan": "slow", "seconds": S}           the plan that a write starts takes S seconds longer
  {"plan": "fail", "message": TEXT}        that plan fails and changes nothing
  {"kill": "before"|"after", "pid": PGID}  the process group, with all descendants, is killed before or after the request takes effect;
                                           what it had sent and was not begun with is not processed

The request log tells the "fault" of a request and whether it was "processed".
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a mini cloud; returns the exit status: 0 when it was told to stop, 1 when it could not run, 2 for a bad world file."""
    options = _parser().parse_args(arguments)
    try:
        description = worldfile.load(options.world)
    except worldfile.WorldError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_serve(description, options.state.resolve(), options.data))
    except (dataplane.DataPlaneError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(description: world.World, directory: Path, kind: str) -> None:
    serving = asyncio.ensure_future(serve_until_cancelled(description, directory, kind, _say))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, serving, loop)
    try:
        await serving
    except asyncio.CancelledError:
        # This is how it is told to stop.
        return


def _stop(serving: asyncio.Future[None], loop: asyncio.AbstractEventLoop) -> None:
    """Cancel once: a second signal must not interrupt the cleaning up."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _say, "already stopping")
    serving.cancel()


def _say(line: str) -> None:
    print(line, flush=True)


def _switches() -> str:
    return "".join(f"  {name}: {values}\n      {about}\n" for name, values, about in switches.describe())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m minicloud",
        description=_DESCRIPTION,
        epilog=_WORLD + _switches() + _INTERFACE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("world", metavar="WORLD.yml", type=Path, help="the world file")
    parser.add_argument("--state", metavar="DIR", type=Path, required=True, help="a directory for state.json, certificates and nodes")
    parser.add_argument("--data", choices=dataplane.KINDS, default="real", help="what the clusters are (default: %(default)s)")
    return parser
