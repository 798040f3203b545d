# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate of a node: compared and signed in the controller, read and written by modules on the host.

modules/node_certificate.py documents it. Results of an action are not censored, so none of ours has a secret in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils.model.errors import CrossClusterError, InvalidDeclaration
from ..module_utils.module import certificate_options, node_options
from ..module_utils.module.actions import validated
from ..module_utils.module.frame import failure
from ..module_utils.operations import certificates
from ..module_utils.pki import names, signing
from ..module_utils.pki.library import require

_KEY_DOES_NOT_FIT = "the key is missing, does not fit or has another passphrase"


class ActionModule(ActionBase):
    """Action of the task ``crosscluster.elastic.node_certificate``."""

    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Validate, compare, sign, have it written."""
        super().run(tmp, task_vars)
        self._task_vars = task_vars
        try:
            require()
            params = validated(node_options.CERTIFICATE, self._task.args, **node_options.CERTIFICATE_RULES)
            return self._supply(params) if params["certificate"] else self._issue(params)
        except CrossClusterError as error:
            return {"failed": True, "msg": str(error), **failure(error)}

    def _issue(self, params: dict[str, Any]) -> dict[str, Any]:
        subject = certificate_options.subject(params)
        valid, renew_before = certificate_options.duration(params, "valid_for"), certificate_options.duration(params, "renew_before")
        problems = signing.subject_problems(subject) + _uncovered(params, lambda host: names.among(host, subject.dns, subject.ip))
        if renew_before >= valid:
            problems.append("renew_before is not shorter than valid_for: each run would issue a certificate")
        if problems:
            raise InvalidDeclaration(problems)
        authority, made = certificates.load(certificate_options.authority(params), self._task.check_mode)
        seen = self._on_host("node_certificate_info", {name: params[name] for name in node_options.CERTIFICATE_FILES})
        if seen.get("failed"):
            return seen
        reasons = _reasons(seen, signing.reasons_to_issue(seen["certificate"], authority, subject, renew_before))
        pair = signing.issue(authority, subject, valid, params["passphrase"]) if reasons else None
        after = {"names": [*subject.dns, *subject.ip, *subject.other_names], "issuer": signing.describe(authority.pem)["subject"]}
        return self._write(params, seen, pair, reasons, {**after, "reasons": reasons}, authority.pem, made)

    def _supply(self, params: dict[str, Any]) -> dict[str, Any]:
        pair = signing.Pair(params["certificate"], params["private_key"])
        problems = signing.pair_problems(pair, params["passphrase"])
        problems += [] if problems else _uncovered(params, lambda host: names.covers(pair.certificate, host))
        if problems:
            raise InvalidDeclaration(problems)
        seen = self._on_host("node_certificate_info", {name: params[name] for name in node_options.CERTIFICATE_FILES})
        if seen.get("failed"):
            return seen
        reasons = _reasons(seen, ["it is another certificate"] if seen["certificate"] != pair.certificate else [])
        after = {**signing.describe(pair.certificate), "reasons": reasons}
        return self._write(params, seen, pair if reasons else None, reasons, after, "", False)

    def _write(
        self,
        params: dict[str, Any],
        seen: dict[str, Any],
        pair: signing.Pair | None,
        reasons: list[str],
        after: dict[str, Any],
        ca: str,
        ca_made: bool,
    ) -> dict[str, Any]:
        content = {"certificate": pair.certificate, "private_key": pair.key} if pair else {}
        placed = {name: params[name] for name in ("path", "key_path", "owner", "group", "mode")}
        done = self._on_host("node_certificate", {**placed, **content})
        if done.get("failed"):
            return done
        before = signing.describe(seen["certificate"])
        described = [{"before_header": params["path"], "after_header": params["path"], "before": before, "after": after}] if pair else []
        return {
            "changed": done["changed"] or ca_made,
            "diff": [*described, *([done["diff"]] if "diff" in done else [])],
            "certificate": seen["certificate"] if self._task.check_mode or not pair else pair.certificate,
            "ca_certificate": ca,
            "reasons": reasons,
        }

    def _on_host(self, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._execute_module(f"crosscluster.elastic.{module}", arguments, task_vars=self._task_vars)


def _uncovered(params: dict[str, Any], covered: Callable[[str], bool]) -> list[str]:
    return [f"verified_as: the certificate does not cover {host!r}" for host in params["verified_as"] if not covered(host)]


def _reasons(seen: dict[str, Any], reasons: list[str]) -> list[str]:
    return reasons if reasons or seen["key_fits"] else [_KEY_DOES_NOT_FIT]
