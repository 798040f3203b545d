#!/usr/bin/python
# Copyright: the crosscluster.elastic authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_certificate_info
short_description: Read the certificate of a service of Elastic Cloud Enterprise and its root
version_added: 0.1.0
author: The crosscluster.elastic authors (@crosscluster)
description:
  - Reads the certificate chain of the proxies (or of another service) of an Elastic Cloud Enterprise platform. Its root is what other
    clusters have to trust that reach deployments of this platform with API keys.
  - Fails when the last certificate of the chain is not self-signed, because the root was not uploaded with it. Ask for the root then.
  - The chain of a public CA need not have its root.
  - A load balancer that ends TLS in front of the proxies has a certificate of its own, which the platform does not know.
extends_documentation_fragment:
  - crosscluster.elastic.attributes.info
  - crosscluster.elastic.attributes.cloud_group
  - crosscluster.elastic.cloud
options:
  service:
    description:
      - The service whose certificate is read.
    type: str
    choices: [proxy, ui, adminconsole, internalca]
    default: proxy
requirements:
  - cryptography >= 42.0.0
seealso:
  - module: crosscluster.elastic.deployment_trust
"""

EXAMPLES = r"""
- name: Find the CA of the proxies
  crosscluster.elastic.platform_certificate_info:
    url: https://coordinator.example.com:12443
    api_key: "{{ ece_api_key }}"
    ca_path: files/ece-ca.pem
  register: berlin

- name: Save it for whoever uploads it in a console
  ansible.builtin.copy:
    content: "{{ berlin.root.pem }}"
    dest: files/berlin-proxies.crt
    mode: "0644"
"""

RETURN = r"""
chain:
  description: The certificate of the service, those that signed it, and at the end the root.
  returned: success
  type: list
  elements: dict
  contains:
    pem:
      description: The certificate as PEM, ready for a file.
      type: str
      returned: success
    subject:
      description: Whose certificate it is.
      type: str
      returned: success
    issuer:
      description: Who has signed it.
      type: str
      returned: success
    fingerprint:
      description: SHA-256 of the certificate in hexadecimal digits without colons.
      type: str
      returned: success
    not_before:
      description: When it becomes valid, in UTC.
      type: str
      returned: success
    not_after:
      description: When it expires, in UTC.
      type: str
      returned: success
    self_signed:
      description: Whether it is signed with its own key, as roots are.
      type: bool
      returned: success
    is_ca:
      description: Whether it may sign other certificates.
      type: bool
      returned: success
root:
  description: The last certificate of the chain, with the same fields. Null where the chain of a public CA leaves it out.
  returned: success
  type: dict
publicly_trusted:
  description: Whether the machine that runs the module trusts the chain anyway, so that others need not be told.
  returned: success
  type: bool
failure:
  description: What went wrong, for playbooks that react to it.
  returned: failure
  type: dict
  sample: {kind: Unauthorized, message: "...", remedy: check the credentials, status: 401, code: security_exception}
"""

from typing import Any

from ansible_collections.crosscluster.elastic.plugins.module_utils.api.session import Transport
from ansible_collections.crosscluster.elastic.plugins.module_utils.api.tls import system_authorities
from ansible_collections.crosscluster.elastic.plugins.module_utils.module import options
from ansible_collections.crosscluster.elastic.plugins.module_utils.module.run import Outcome, run
from ansible_collections.crosscluster.elastic.plugins.module_utils.operations import platform_certificate
from ansible_collections.crosscluster.elastic.plugins.module_utils.pki import authorities


def work(params: dict[str, Any], transport: Transport) -> Outcome:
    certificates = platform_certificate.observe(options.cloud_client(params, transport), params["service"])
    chain = [authority.as_dict() for authority in authorities.chain(certificates)]
    public = authorities.publicly_trusted(certificates, system_authorities())
    root = None if public and not chain[-1]["self_signed"] else authorities.root_of(certificates).as_dict()
    return Outcome(None, {"chain": chain, "root": root, "publicly_trusted": public})


def main() -> None:
    service = {"type": "str", "choices": ["proxy", "ui", "adminconsole", "internalca"], "default": "proxy"}
    run(work, argument_spec={**options.CLOUD, "service": service}, **options.CREDENTIAL_RULES)


if __name__ == "__main__":
    main()
