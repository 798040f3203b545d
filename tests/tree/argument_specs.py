# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role ``links``, written from the options of the module ``links`` so that both say the same.

Run as ``python -m tree.argument_specs`` to write the file again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.crosscluster.elastic.plugins.doc_fragments import links as fragment
from ansible_collections.crosscluster.elastic.plugins.module_utils.model.platforms import PLATFORM_TYPES
from ansible_collections.crosscluster.elastic.plugins.modules import links as module

ROLE = Path(__file__).resolve().parents[2] / "roles" / "links"
TARGET = ROLE / "meta" / "argument_specs.yml"

VARIABLES = {
    "platforms": "links_platforms",
    "clusters": "links_clusters",
    "links": "links_wanted",
    "defaults": "links_defaults",
    "state": "links_state",
    "steps": "links_steps",
    "pool": "links_pool",
    "wait_timeout": "links_wait_timeout",
    "timeout": "links_timeout",
}
"""Option of the module -> variable of the role."""

_SECRET = {"no_log": True}
_SIDES = {
    "local": ("the cluster that sends requests", "manage and manage_security"),
    "remote": ("the cluster that answers them", "manage_security"),
}


def spec() -> dict[str, Any]:
    """The content of argument_specs.yml."""
    documented = {**_options(module.DOCUMENTATION), **_options(fragment.ModuleDocFragment.DOCUMENTATION)}
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    options = {variable: _variable(documented[name], defaults[variable]) for name, variable in VARIABLES.items()}
    return {
        "argument_specs": {
            "main": {
                "short_description": "Makes Elasticsearch clusters remote clusters of each other and proves that they are",
                "description": [
                    "Links are declared as a list, or one link by the flat variables that a survey gives.",
                    "The result is in the variable C(links_result), see M(crosscluster.elastic.links).",
                ],
                "author": "The crosscluster.elastic authors",
                "options": {**options, **_flat_options()},
            }
        }
    }


def render() -> str:
    """The file's text."""
    head = "---\n# SPDX-License-Identifier: GPL-3.0-or-later\n# Written by tests/tree/argument_specs.py from the module's options.\n"
    return head + yaml.dump(spec(), Dumper=_Indented, sort_keys=False, width=140, allow_unicode=True)


class _Indented(yaml.SafeDumper):
    """Indents lists below their key, as the collection's other files do, and repeats instead of anchoring."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _options(text: str) -> dict[str, Any]:
    return yaml.safe_load(text)["options"]


def _variable(option: dict[str, Any], default: Any) -> dict[str, Any]:
    """An option as a variable: not required, since links can be given flat, with the default of the role."""
    adapted = _adapted(option)
    adapted.pop("required", None)
    return {**adapted, "default": default}


def _adapted(option: dict[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in option.items() if key != "suboptions"}
    description = option["description"]
    result["description"] = [_linked(line) for line in ([description] if isinstance(description, str) else description)]
    if "suboptions" in option:
        result["options"] = {name: _adapted(sub) for name, sub in option["suboptions"].items()}
        for name in ("api_key", "password", "ca_password"):
            if name in result["options"]:
                result["options"][name].update(_SECRET)
    return result


def _linked(text: str) -> str:
    """References to options of the module become references to variables of the role."""
    return re.sub(r"O\((\w+)", lambda match: f"O({VARIABLES[match.group(1)]}", text)


def _flat_options() -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for side, (who, privileges) in _SIDES.items():
        flat.update(
            {
                f"links_{side}_type": _text(f"Type of the platform of {who}; scenario playbooks set it.", choices=list(PLATFORM_TYPES)),
                f"links_{side}_platform_url": _text(f"Address of the API of the platform of {who}. ECH needs none."),
                f"links_{side}_platform_api_key": _text(f"API key of the platform of {who}.", **_SECRET),
                f"links_{side}_platform_username": _text(f"Name of an administrator of ECE for {who}, in place of an API key."),
                f"links_{side}_platform_password": _text("Password of the administrator.", **_SECRET),
                f"links_{side}_platform_ca_path": _text("PEM file with the CAs of the API and of the deployments.", type="path"),
                f"links_{side}_deployment": _text(f"Id or exact name of the deployment of {who}."),
                f"links_{side}_name": _text(f"Name of {who} where it is self-managed. Its nodes are in a group of this name."),
                f"links_{side}_url": _text(f"Address of Elasticsearch of {who} where it is self-managed."),
                f"links_{side}_nodes": _texts(f"Addresses of all nodes of {who} where it is self-managed."),
                f"links_{side}_remote_address": _text(f"Host and port of the remote cluster server of {who} where it is self-managed."),
                f"links_{side}_egress": _texts(f"Addresses or networks from which connections of {who} come, for traffic filters."),
                f"links_{side}_username": _text(f"Name of an Elasticsearch user of {who} with {privileges}."),
                f"links_{side}_password": _text("Password of the user.", **_SECRET),
            }
        )
    flat["links_alias"] = _text("Name of the remote cluster on the local cluster. The default is the name of the remote deployment.")
    flat["links_ca"] = _text("Who signed the certificate of the remote.", choices=["auto", "public", "private"])
    flat["links_ca_certificates"] = _texts("Certificates of the private CA of the remote, as PEM texts or paths.")
    flat["links_account_trust"] = _text("Trust of the local in its own organization, if it was never set.", choices=["all", "none"])
    flat["links_network"] = _text("Whether filters of the remote are to admit the local cluster.", choices=["auto", "always", "never"])
    flat["links_security_model"] = _text("How the clusters trust each other.", choices=["api_key", "certificate"])
    flat["links_search"] = _text("Indices that may be searched: a list, or a text with commas or blanks in between.", type="raw")
    flat["links_access"] = _text("What the local cluster may do on the remote, in full; instead of O(links_search).", type="dict")
    flat["links_expiration"] = _text("How long a new key is valid, for example V(90d).")
    return flat


def _texts(description: str) -> dict[str, Any]:
    return {"type": "list", "elements": "str", "description": [description]}


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "str", "description": [description], **more}


if __name__ == "__main__":
    TARGET.write_text(render())
