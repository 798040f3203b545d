# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that a link and ``defaults`` share, see module_utils/module/links_options.py. Written once, used twice by a YAML merge key."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  defaults:
    description:
      - Options for all links that do not set them themselves.
    type: dict
    suboptions: &common
      security_model:
        description:
          - How the clusters trust each other. With V(api_key) the remote decides what may be read, and need not trust the local cluster.
          - With V(certificate) the nodes of both trust each other's certificates, and users have on the remote the privileges of their
            roles of the same names there. A role of the link is therefore made on both. There is no key, so the options of keys do not go
            with it; the access only names what the proof searches and what roles allow. Elastic has deprecated this model since
            version 9.0.
          - So far it connects deployments of Elastic Cloud. Each of the two is made to trust the other where it does not already, and the
            connection goes to port 9400.
          - The default is V(api_key).
        type: str
        choices: [api_key, certificate]
      access:
        description:
          - What the local cluster may do on the remote. It limits superusers, too.
          - A change is made in place, the key stays.
        type: dict
        suboptions:
          search:
            description: Indices that may be searched.
            type: list
            elements: dict
            suboptions:
              names:
                description: Names or patterns of indices, data streams and aliases.
                type: list
                elements: str
                required: true
              query:
                description: A query in the query DSL, as a dictionary or as JSON text. Only documents that match it can be seen.
                type: raw
              field_security:
                description: Fields that can be seen.
                type: dict
                suboptions:
                  grant:
                    description: Fields that can be seen.
                    type: list
                    elements: str
                  except:
                    description: Fields out of these that cannot be seen.
                    type: list
                    elements: str
              allow_restricted_indices:
                description: Whether the names cover restricted indices such as C(.security) too.
                type: bool
          replication:
            description: Indices that may be followed.
            type: list
            elements: dict
            suboptions:
              names:
                description: Names or patterns of indices and data streams.
                type: list
                elements: str
                required: true
              allow_restricted_indices:
                description: Whether the names cover restricted indices too.
                type: bool
      expiration:
        description:
          - How long a new key is valid, for example V(90d). Without it, keys do not expire.
        type: str
      renew_before:
        description:
          - A key that expires within this time is replaced, for example V(14d). The default is V(0s), which replaces expired keys.
        type: str
      mode:
        description:
          - How the connection is made. Deployments of Elastic Cloud can be reached with V(proxy) only, which is the default.
          - V(sniff) connects to nodes of a self-managed remote directly.
        type: str
        choices: [proxy, sniff]
      ca:
        description:
          - Who signed the certificate that the remote shows on port 9443. V(auto), the default, asks a remote on Elastic Cloud Enterprise's
            platform for it; elsewhere it counts as public unless O(links[].ca_certificates) is given.
          - A private CA becomes a trusted environment of the local deployment, beside the public CAs that it trusts anyway.
        type: str
        choices: [auto, public, private]
      ca_certificates:
        description:
          - Certificates of the private CA, as PEM text or as paths of files with PEM or PKCS#12. Several of them while it is rotated.
          - A file with a private key in PEM is refused.
        type: list
        elements: str
      ca_password:
        description: Password of the PKCS#12 files.
        type: str
      ca_name:
        description:
          - Name of the trusted environment. The default is C(crosscluster.elastic) and the name of the remote's platform.
        type: str
      account_trust:
        description:
          - Which deployments of its own organization a local deployment is to trust whose trust was never set. Needed there for a private
            CA only, since the first setting of trust ends what was trusted by default.
        type: str
        choices: [all, none]
      network:
        description:
          - Whether the traffic filters of the remote deployment are to admit the local cluster. V(auto), the default, adds a rule only
            where the remote has filters that do not admit it yet; V(always) associates the first filter too; V(never) leaves filters
            alone.
        type: str
        choices: [auto, always, never]
      allow_first_filter:
        description:
          - Whether a remote without traffic filters may get its first, which locks out everybody else. The default is V(false).
        type: bool
      allow_last_filter:
        description:
          - Whether the last traffic filter of a remote may go with the link, which opens the remote to everybody. The default is V(false).
        type: bool
      skip_unavailable:
        description:
          - Whether a search leaves out this remote when it cannot be reached. The default is V(false), so that a broken link is an error of
            the search and not an answer that lacks documents.
        type: bool
      settings:
        description:
          - Further settings C(cluster.remote.<alias>.*) by their last part, for example C(proxy_socket_connections).
        type: dict
      roles:
        description:
          - Roles on the local cluster that may use the link. What else a role has is left as it is.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the role.
            type: str
            required: true
          preset:
            description:
              - What the role is for. V(search), the default, gives V(read), V(read_cross_cluster) and V(view_index_metadata) on the remote.
              - V(replication) gives V(cross_cluster_replication) on the remote and V(manage_ccr) on the local cluster.
            type: str
            choices: [search, replication]
          names:
            description: Names or patterns on the remote. The default is all that O(links[].access) names for the preset.
            type: list
            elements: str
          privileges:
            description: Index privileges on the remote. The default is that of the preset.
            type: list
            elements: str
          field_security:
            description: Fields that can be seen.
            type: dict
            suboptions:
              grant:
                description: Fields that can be seen.
                type: list
                elements: str
              except:
                description: Fields out of these that cannot be seen.
                type: list
                elements: str
          query:
            description: A query in the query DSL, as a dictionary or as JSON text. Only documents that match it can be seen.
            type: raw
          allow_restricted_indices:
            description: Whether the names cover restricted indices too.
            type: bool
          remote_cluster:
            description: Cluster privileges on the remote, V(monitor_enrich) from Elasticsearch 8.15 on and V(monitor_stats) from 8.17 on.
            type: list
            elements: str
      restart:
        description:
          - Whether the local deployment is restarted after its credential changed. V(auto), the default, does so below Elasticsearch 8.14
            only; later versions load it by themselves.
        type: str
        choices: [auto, always, never]
      adopt:
        description:
          - Whether to take over an alias that somebody else has made. Its credential is replaced and cannot be brought back.
          - The default is V(false).
        type: bool
      allow_unsupported:
        description:
          - Whether to admit Elasticsearch 8.10 to 8.13, where cross-cluster API keys were a beta. The default is V(false).
        type: bool
      orphan_after:
        description:
          - Keys of this link that nobody uses are revoked once they are as old as this; younger ones may belong to a run that is under way.
          - The default is V(10m).
        type: str
      verify_as:
        description:
          - User of the local cluster whose search proves the link. The default is the user of the cluster.
        type: dict
        suboptions:
          username:
            description: Name of the user.
            type: str
            required: true
          password:
            description: Password of the user.
            type: str
            required: true
  links:
    description:
      - Who may talk to whom.
    type: list
    elements: dict
    required: true
    suboptions:
      <<: *common
      local:
        description: Name of the cluster that sends requests, out of O(clusters).
        type: str
        required: true
      remote:
        description: Name of the cluster that answers them, out of O(clusters).
        type: str
        required: true
      alias:
        description:
          - Name of the remote on the local cluster. Lower case letters, digits, dash and underscore.
          - The default is the name of the remote.
        type: str
      proxy_address:
        description:
          - Host and port of the remote. The default is the endpoint of its deployment and port 9443, or O(clusters[].remote_address).
        type: str
      server_name:
        description:
          - Name that the certificate of the remote must have. The default is the endpoint of its deployment, or the host of the address.
        type: str
      seeds:
        description: Host and port of nodes of the remote, for O(links[].mode=sniff).
        type: list
        elements: str
      certificate_identity:
        description:
          - Pattern of the name in the certificate with which the local cluster must sign its requests, for a new key.
            Needs Elasticsearch 9.3 or later on both sides.
        type: str
"""
