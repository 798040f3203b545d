# SPDX-License-Identifier: GPL-3.0-or-later
"""Every plugin file keeps every rule, and each rule reports a file that breaks it."""

from __future__ import annotations

import pytest

from tree import rules
from tree.source import python_files, read

MODEL, API, OPERATIONS, FLEET = (f"plugins/module_utils/{layer}/planted.py" for layer in ("model", "api", "operations", "fleet"))
MODULE, MODULES, ACTION = "plugins/module_utils/module/planted.py", "plugins/modules/planted.py", "plugins/action/planted.py"
HERE = "ansible_collections.crosscluster.elastic.plugins.module_utils"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_plugins_keep_the_rule(rule):
    assert [f"{path}: {problem}" for path in python_files("plugins/") for problem in rule(path, read(path))] == []


def test_every_layer_has_files():
    layers = {rules.layer_of(path) for path in python_files("plugins/")}
    assert layers >= {"model", "api", "operations", "fleet", "module", "modules", "action", "doc_fragments"}


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rules.imports_only_what_its_layer_may, MODEL, "import requests"),
        (rules.imports_only_what_its_layer_may, MODEL, "from ansible.module_utils.basic import AnsibleModule"),
        (rules.imports_only_what_its_layer_may, MODEL, "from ..api import session"),
        (rules.imports_only_what_its_layer_may, MODEL, "from .. import api"),
        (rules.imports_only_what_its_layer_may, MODEL, "def late():\n    from ..operations.role import plan"),
        (rules.imports_only_what_its_layer_may, API, "from ..operations.role import plan"),
        (rules.imports_only_what_its_layer_may, API, "from ..module.run import run"),
        (rules.imports_only_what_its_layer_may, API, f"from {HERE}.module.run import run"),
        (rules.imports_only_what_its_layer_may, API, f"import {HERE}.fleet.plan"),
        (rules.imports_only_what_its_layer_may, API, "try:\n    import requests\nexcept ImportError:\n    pass"),
        (rules.imports_only_what_its_layer_may, OPERATIONS, "from ..fleet import plan"),
        (rules.imports_only_what_its_layer_may, OPERATIONS, "import cryptography"),
        (rules.imports_only_what_its_layer_may, FLEET, "from ansible.utils.display import Display"),
        (rules.imports_only_what_its_layer_may, FLEET, "from ..module import options"),
        (rules.imports_only_what_its_layer_may, MODULES, "import yaml"),
        (rules.imports_only_what_its_layer_may, MODULES, "from ..action.links import ActionModule"),
        (rules.imports_only_what_its_layer_may, "plugins/module_utils/helpers.py", "import json"),
        (rules.guards_optional_libraries, rules.SESSION, "import requests"),
        (rules.guards_optional_libraries, rules.SESSION, "try:\n    pass\nexcept ImportError:\n    from requests import Session"),
        (rules.knows_no_http_status, OPERATIONS, "missing = error.status == 404"),
        (rules.knows_no_http_status, OPERATIONS, "missing = code in (404, 410)"),
        (rules.knows_no_http_status, FLEET, "broken = reply.status_code >= 500"),
        (rules.knows_no_http_status, FLEET, "from http import HTTPStatus"),
        (rules.knows_no_http_status, FLEET, "match code:\n    case 404:\n        pass"),
        (rules.catches_named_errors_only, MODULES, "try:\n    pass\nexcept Exception:\n    pass"),
        (rules.catches_named_errors_only, API, "try:\n    pass\nexcept (ValueError, BaseException):\n    pass"),
        (rules.catches_named_errors_only, API, "try:\n    pass\nexcept:\n    pass"),
        (rules.asserts_nothing, MODEL, "assert True"),
        (rules.gives_reasons_for_exceptions, MODEL, "import os  # noqa"),
        (rules.gives_reasons_for_exceptions, MODEL, "import os  # noqa: F401"),
        (rules.gives_reasons_for_exceptions, MODEL, "import os  # pylint: disable=unused-import"),
        (rules.fails_in_one_place, MODULES, "module.fail_json(msg='no')"),
        (rules.fails_in_one_place, OPERATIONS, "module.fail_json_aws(msg='no')"),
        (rules.is_a_thin_module, MODULES, "for name in []:\n    pass"),
        (rules.is_a_thin_module, MODULES, "def main():\n    while True:\n        pass"),
        (rules.is_a_thin_module, MODULES, "x = 1\n" * 61),
        (rules.documents_in_plain_strings, "plugins/doc_fragments/planted.py", "class ModuleDocFragment:\n    DOCUMENTATION = f'{1}'"),
        (rules.names_what_it_ignores, MODEL, "_, rest = 1, 2"),
        (rules.names_what_it_ignores, MODEL, "three = [1 for _ in range(3)]"),
    ],
)
def test_planted_violation_is_reported(rule, path, source):
    (problem,) = rule(path, source)
    assert problem.startswith("line ")


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rules.imports_only_what_its_layer_may, MODEL, "import json\nfrom . import keys\nfrom .keys import KEY"),
        (rules.imports_only_what_its_layer_may, rules.SESSION, "import requests\nfrom ..model.errors import Refused"),
        (rules.imports_only_what_its_layer_may, ACTION, f"from ansible.plugins.action import ActionBase\nfrom {HERE}.fleet import plan"),
        (rules.guards_optional_libraries, rules.SESSION, "try:\n    import requests\nexcept ImportError:\n    requests = None"),
        (rules.knows_no_http_status, OPERATIONS, "late = elapsed > 300\nmany = count == 7\nopen = port == 9443"),
        (rules.knows_no_http_status, API, "missing = status == 404"),
        (rules.catches_named_errors_only, API, "try:\n    pass\nexcept (ValueError, OSError):\n    pass"),
        (rules.gives_reasons_for_exceptions, MODEL, "import os  # noqa: F401 - imported for its side effect"),
        (rules.gives_reasons_for_exceptions, MODEL, "import os  # pylint: disable=unused-import  # imported for its side effect"),
        (rules.fails_in_one_place, MODULE, "module.fail_json(msg='no')"),
        (rules.documents_in_plain_strings, "plugins/doc_fragments/planted.py", "class ModuleDocFragment:\n    DOCUMENTATION = 'x'"),
        (rules.names_what_it_ignores, MODEL, "_first, rest = 1, 2"),
        (rules.is_a_thin_module, MODULES, "DOCUMENTATION = '''" + "x\n" * 99 + "'''\nnames = [name for name in []]\n" + "# why\n\n" * 60),
    ],
)
def test_what_a_rule_allows_is_not_reported(rule, path, source):
    assert rule(path, source) == []
