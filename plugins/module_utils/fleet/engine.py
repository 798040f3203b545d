# SPDX-License-Identifier: GPL-3.0-or-later
"""Many links at once: observe, plan, check, apply, verify, retire. One call is one engine; ``run`` carries what it saw to the next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from ..api.session import Transport
from ..api.waiting import Clock
from ..model import keys
from ..model.declaration import Declaration, Link
from ..model.errors import CrossClusterError, InvalidDeclaration
from ..model.troubleshooting import Diagnosis
from . import authorities, steps
from . import plan as planning
from .apply import Applier
from .connections import Connections
from .observe import observe
from .planned import Plan, Planned
from .pool import Pool
from .preflight import refuse_unwritable
from .verify import Verifier
from .world import World, from_dict

_RESUME = "Give what the earlier task has registered, or leave it out"


@dataclass(frozen=True)
class Limits:
    """pool: threads. wait_timeout: seconds for each wait. timeout: seconds for the answer to a request."""

    pool: int = 32
    wait_timeout: float = 600.0
    timeout: int = 60


@dataclass
class State:
    """What a run has seen and done so far; goes from call to call as ``run``.

    nonce: marks the keys of this run. keys: new key by link id. failed: {message, remedy} by link id. changed: changes made.
    """

    nonce: str
    world: World
    keys: dict[str, str] = field(default_factory=dict)
    failed: dict[str, dict] = field(default_factory=dict)
    changed: list[dict] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"nonce": self.nonce, "world": self.world.as_dict(), "keys": self.keys, "failed": self.failed, "changed": self.changed}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], declaration: Declaration) -> State:
        """The state as ``as_dict`` wrote it; raises InvalidDeclaration for anything else, and for that of other links."""
        try:
            state = cls(data["nonce"], from_dict(data["world"]), dict(data["keys"]), dict(data["failed"]), list(data["changed"]))
            seen = {*state.world.clusters, *state.world.failures}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidDeclaration(["run is not what an earlier task has returned"], _RESUME) from error
        unseen = [cluster.name for cluster in declaration.used_clusters() if cluster.name not in seen]
        if unseen:
            raise InvalidDeclaration([f"run is of other links, it knows nothing of {', '.join(unseen)}"], _RESUME)
        return state

    def fail(self, failures: Mapping[str, CrossClusterError]) -> None:
        for link_id, error in failures.items():
            self.failed.setdefault(link_id, {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy})


@dataclass(frozen=True)
class Result:
    """changed: whether the steps of this call change anything; a mere check does not. changes: planned or made, as dictionaries.
    proofs and failed: by link id. run: for the next call.
    credentials: by link id, encoded keys for the nodes of self-managed clusters. authorities: what these nodes have to trust.
    """

    changed: bool
    changes: list[dict]
    proofs: dict[str, dict]
    failed: dict[str, dict]
    warnings: list[str]
    run: dict[str, Any]
    credentials: dict[str, str] = field(default_factory=dict, repr=False)
    authorities: list[dict] = field(default_factory=list)


def run_links(
    declaration: Declaration,
    transport: Transport,
    *,
    selected: Sequence[str] = steps.STEPS,
    previous: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    tell: Callable[[str], None] = lambda line: None,
    clock: Clock | None = None,
) -> Result:
    """Bring about the links of a declaration; in check mode (a read-only transport) only say what would be changed.

    selected: the steps to take. previous: ``run`` of an earlier call, so that nothing is observed twice.
    """
    return _Engine(declaration, transport, limits or Limits(), clock or Clock(), tell).run(selected, previous)


class _Engine:
    def __init__(self, declaration: Declaration, transport: Transport, limits: Limits, clock: Clock, tell: Callable[[str], None]) -> None:
        self._declaration, self._limits, self._clock, self._tell = declaration, limits, clock, tell
        self._checking = transport.read_only
        self._connections = Connections(declaration, transport, limits.timeout)
        self._pool = Pool(limits.pool)

    def run(self, selected: Sequence[str], previous: Mapping[str, Any] | None) -> Result:
        state = self._resume(previous)
        plan = planning.make(self._declaration, state.world, state.nonce)
        state.fail(plan.refused)
        self._leave_out(plan, state)
        if not previous or steps.CHECK in selected:
            refuse_unwritable(plan, state.world, self._connections, self._pool, self._clock, self._limits.wait_timeout, self._tell)
            state.fail(plan.refused)
        changes, applier = self._apply(plan, state, selected)
        proofs: dict[str, dict] = {}
        if steps.VERIFY in selected and not plan.removing:
            before = len(applier.made.changes)
            proofs = self._verify(plan, state, applier.reconnect if steps.RETIRE in selected and not self._checking else None)
            changes += self._noted(state, applier, before)
        if steps.RETIRE in selected and not plan.removing:
            changes += self._retire(plan, state, applier, proofs)
        warnings = [text for link_plan in plan.links.values() for text in link_plan.warnings]
        changed = bool(changes) and tuple(selected) != (steps.CHECK,)
        shown = [planned.as_dict() for planned in changes]
        trusted = authorities.for_nodes(self._declaration, state.world, state.failed)
        return Result(changed, shown, proofs, state.failed, warnings, state.as_dict(), applier.made.credentials, trusted)

    def _resume(self, previous: Mapping[str, Any] | None) -> State:
        if not previous:
            world = observe(self._declaration, self._connections, self._pool, self._clock, self._tell)
            return State(secrets.token_hex(8), world)
        return State.from_dict(previous, self._declaration)

    def _leave_out(self, plan: Plan, state: State) -> None:
        for link_id in state.failed:
            plan.links.pop(link_id, None)

    def _apply(self, plan: Plan, state: State, selected: Sequence[str]) -> tuple[list[Planned], Applier]:
        applier = Applier(plan, state.world, self._connections, self._pool, self._clock, state.nonce, self._limits.wait_timeout, self._tell)
        writing = [step for step in selected if step in steps.WRITING]
        if self._checking or not writing:
            # The step "check" alone shows what all steps would do.
            shown = steps.STEPS if tuple(selected) == (steps.CHECK,) else writing
            return plan.changes(shown), applier
        made = applier.apply(writing)
        state.keys.update(made.keys)
        state.changed += [planned.as_dict() for planned in made.changes]
        state.fail(made.failures)
        self._leave_out(plan, state)
        return list(made.changes), applier

    def _verify(self, plan: Plan, state: State, reconnect: Callable[[str, list[Link]], None] | None) -> dict[str, dict]:
        fresh = {change["link"] for change in state.changed}
        links = [link_plan.link for link_plan in plan.links.values() if not (self._checking and self._would_change(plan, link_plan.link))]
        expected = {link.id: state.keys.get(link.id) or plan.links[link.id].verdict.current for link in links}
        verifier = Verifier(state.world, self._connections, self._pool, self._clock, self._limits.wait_timeout, self._tell, reconnect)
        proofs = verifier.prove(links, expected, fresh, _known(plan, state))
        state.fail(proofs.failures)
        self._leave_out(plan, state)
        return {link_id: proof.as_dict() for link_id, proof in proofs.proven.items()}

    def _would_change(self, plan: Plan, link: Link) -> bool:
        return any(planned.step in (steps.CREDENTIALS, steps.CONNECTION) for planned in plan.links[link.id].changes)

    def _retire(self, plan: Plan, state: State, applier: Applier, proofs: Mapping[str, dict]) -> list[Planned]:
        """Revoke what the proven links no longer need; a key is replaced only once its successor was seen in use."""
        if self._checking:
            return plan.changes([steps.RETIRE])
        ready = [
            link_id
            for link_id in proofs
            if plan.links[link_id].verdict.kind == keys.SETTLED or (link_id in state.keys and proofs[link_id]["nodes"])
        ]
        before = len(applier.made.changes)
        state.fail(applier.retire(ready).failures)
        return self._noted(state, applier, before)

    def _noted(self, state: State, applier: Applier, before: int) -> list[Planned]:
        """The changes that were made since there were so many."""
        made = applier.made.changes[before:]
        state.changed += [planned.as_dict() for planned in made]
        return made


def _known(plan: Plan, state: State) -> dict[str, Diagnosis]:
    """By link id, what is wrong and was not changed in this run."""
    known: dict[str, Diagnosis] = {}
    trusting = {change["link"] for change in state.changed if change["step"] == steps.TRUST}
    for link_id, link_plan in plan.links.items():
        missing = [] if link_id in trusting else [planned.change.what for planned in link_plan.of(steps.TRUST)]
        if missing:
            known[link_id] = Diagnosis(f"what is wanted differs: {', '.join(missing)}", "run the links with the step trust")
        if link_plan.verdict.kind != keys.SETTLED and link_id not in state.keys:
            known[link_id] = Diagnosis(link_plan.verdict.reason, "run the links with the step credentials, which replaces the key")
    return known
