# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a mini cloud together, runs it, and takes it apart again whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from minicloud import contract, tls, world
from minicloud.admin import Admin
from minicloud.connect import ConnectProxy
from minicloud.control.server import ApiServer
from minicloud.control.state import Certificates, Tenant
from minicloud.dataplane import DataPlane, create, selfmanaged
from minicloud.gate import Gate
from minicloud.loopback import free_address
from minicloud.nodesadmin import NodesAdmin
from minicloud.requestlog import RequestLog
from minicloud.switches import Switches

Say = Callable[[str], None]
CreateDataPlane = Callable[..., DataPlane]

# 443 is not for ordinary users: behind the CONNECT proxy it is this port.
_ECH_REAL_HTTPS_PORT = 10443
_SHUTDOWN_SECONDS = 2.0


@dataclass(frozen=True)
class _Platform:
    """An account with its certificates and the place where its proxies listen. `api_certificate` exists on ECE only."""

    account: world.Account
    spec: world.PlatformSpec
    certificates: Certificates
    ca_path: Path
    api_certificate: world.KeyPair | None


@contextlib.asynccontextmanager
async def running(
    description: world.World, directory: Path, kind: str, say: Say, create_data_plane: CreateDataPlane = create
) -> AsyncIterator[dict[str, Any]]:
    """A mini cloud that is up while the block runs; yields the content of the state file, which is then in `directory`.

    Raises DataPlaneError or OSError when it cannot be brought up. Nothing is left in either case but files.
    """
    directory.mkdir(parents=True, exist_ok=True)
    state_file = directory / "state.json"
    # One that a killed mini cloud left behind must not be taken for ours.
    state_file.unlink(missing_ok=True)
    log, proxy = RequestLog(), ConnectProxy()
    gate = Gate(log, proxy)
    public_ca = tls.Authority("Mini Cloud Public CA", directory / "tls" / "public")
    public_bundle = _bundle(directory / "public-ca.pem", public_ca)
    platforms = [_platform(account, directory, public_ca, description.switches) for account in description.accounts]
    truststore = tls.write_truststore(directory / "tls" / "public.p12", public_ca, selfmanaged.TRUSTSTORE_PASSWORD)
    centers = description.data_centers
    installations = [one for center in centers for one in selfmanaged.install(center, directory, public_ca, truststore)]
    elasticsearch_contract = _contract(contract.ELASTICSEARCH, complete=False)
    specs = [platform.spec for platform in platforms]
    data_plane = create_data_plane(kind, directory / "nodes", specs, installations, gate, public_bundle, elasticsearch_contract)
    tenants = [Tenant(p.account, _knowing(platforms, p), description.plan_seconds, data_plane, description.switches) for p in platforms]
    deployments = {deployment.spec.name: deployment for tenant in tenants for deployment in tenant.deployments.values()}
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(data_plane.stop)
        say(f"starting {sum(len(spec.node_names) for spec in description.clusters)} Elasticsearch nodes")
        await data_plane.start(description.deployments)
        for deployment in deployments.values():
            await deployment.apply_transport_trust()
        for tenant in tenants:
            await tenant.enforce_filters(spec.id for spec in tenant.account.deployments if spec.filters)
        for deployment in deployments.values():
            stack.push_async_callback(deployment.plans.cancel)
        stack.push_async_callback(proxy.stop)
        for (name, port), (address, real_port) in data_plane.sockets().items():
            proxy.add(name, port, address, real_port)
        say("starting the control plane")
        await _serve_apis(stack, proxy, platforms, tenants, public_ca, gate)
        state: dict[str, Any] = {}
        owned = NodesAdmin(installations, data_plane, public_ca)
        admin = Admin(tenants, data_plane, log, gate, description.switches, lambda: state, owned.names)
        application = admin.application()
        application.add_routes(owned.routes())
        admin_port = await _listen(stack, application, "127.0.0.1", 0, None)
        state.update(_state(kind, f"http://127.0.0.1:{admin_port}", await proxy.start(), public_bundle, platforms))
        state["platforms"].update(owned.platforms())
        state["deployments"].update(owned.clusters(state["admin_url"]))
        stack.callback(state_file.unlink, missing_ok=True)
        tls.write_private(state_file, json.dumps(state, indent=2) + "\n")
        stack.callback(say, "stopping")
        yield state


async def serve_until_cancelled(description: world.World, directory: Path, kind: str, say: Say) -> None:
    """Run a mini cloud until this task is cancelled."""
    async with running(description, directory, kind, say):
        say("ready")
        await asyncio.Event().wait()


def _platform(account: world.Account, directory: Path, public_ca: tls.Authority, switches: Switches) -> _Platform:
    """Everything about an account that must exist before anything is started."""
    home = directory / "tls" / account.name
    transport = {region: tls.Authority(f"{account.name} {region} Internal CA", home / "transport" / region) for region in account.regions}
    proxy_ca = public_ca if account.proxy_ca == "public" else tls.Authority(f"{account.name} Proxy CA", home / "proxy")
    proxy_certificate = proxy_ca.issue(f"{account.name}-proxy", account.proxy_names)
    is_ech = account.type == "ech"
    https_port = _ECH_REAL_HTTPS_PORT if is_ech else world.ECE_HTTPS_PORT
    ports = [https_port, world.REMOTE_CLUSTER_PORT, world.TRANSPORT_PORT, *([] if is_ech else [world.ECE_API_PORT])]
    spec = world.PlatformSpec(
        name=account.name,
        type=account.type,
        address=free_address(ports),
        domain=world.DOMAIN if is_ech else f"{account.name}.{world.DOMAIN}",
        regions=account.regions,
        scope_id=account.scope_id,
        https_port=https_port,
        proxy_certificate=proxy_certificate.certificate,
        proxy_key=proxy_certificate.key,
        transport_cas={region: authority.files for region, authority in transport.items()},
        switches=switches,
        egress=account.egress,
    )
    transport_pems = {region: authority.pem for region, authority in transport.items()}
    if is_ech:
        return _Platform(account, spec, Certificates({}, transport_pems, {}), directory / "public-ca.pem", None)
    installation_ca = tls.Authority(f"{account.name} Installation CA", home / "installation")
    api_certificate = installation_ca.issue("coordinator", [_host(account)])
    api_chain = _chain(api_certificate)
    chains = {"proxy": _chain(proxy_certificate), "ui": api_chain, "adminconsole": api_chain, "internalca": [installation_ca.pem]}
    ca_path = _bundle(directory / f"{account.name}-ca.pem", installation_ca, proxy_ca)
    return _Platform(account, spec, Certificates(chains, transport_pems, {}), ca_path, api_certificate)


def _knowing(platforms: Sequence[_Platform], one: _Platform) -> Certificates:
    """The certificates of a platform, which knows those of all accounts of the same installation."""
    others = [other for other in platforms if other.spec.installation == one.spec.installation]
    known = {other.account.scope_id: tuple(other.certificates.transport_cas.values()) for other in others}
    return replace(one.certificates, organizations=known)


async def _serve_apis(
    stack: contextlib.AsyncExitStack,
    proxy: ConnectProxy,
    platforms: Sequence[_Platform],
    tenants: Sequence[Tenant],
    public_ca: tls.Authority,
    gate: Gate,
) -> None:
    """One API for all organizations, and one for each environment."""
    cloud_contract = _contract(contract.CLOUD, complete=True)
    if organizations := [tenant for tenant in tenants if tenant.account.type == "ech"]:
        server = ApiServer("ech", organizations, gate, cloud_contract)
        context = tls.server_context(public_ca.issue("elastic-cloud-api", [world.ECH_API_HOST]))
        port = await _listen(stack, server.application(), "127.0.0.1", 0, context)
        proxy.add(world.ECH_API_HOST, 443, "127.0.0.1", port)
    for platform, tenant in zip(platforms, tenants, strict=True):
        if platform.api_certificate is not None:
            server = ApiServer("ece", [tenant], gate, cloud_contract)
            context = tls.server_context(platform.api_certificate)
            port = await _listen(stack, server.application(), platform.spec.address, world.ECE_API_PORT, context)
            proxy.add(_host(platform.account), world.ECE_API_PORT, platform.spec.address, port)


async def _listen(
    stack: contextlib.AsyncExitStack, application: web.Application, address: str, port: int, context: ssl.SSLContext | None
) -> int:
    """Serve an application until the stack unwinds; returns the port."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, address, port, ssl_context=context).start()
    return runner.addresses[0][1]


def _state(kind: str, admin_url: str, proxy_url: str, public_ca: Path, platforms: Sequence[_Platform]) -> dict[str, Any]:
    return {
        "admin_url": admin_url,
        "https_proxy": proxy_url,
        "public_ca": str(public_ca),
        "data": kind,
        "platforms": {platform.account.name: _platform_state(platform) for platform in platforms},
        "deployments": {spec.name: _deployment_state(spec, platform) for platform in platforms for spec in platform.account.deployments},
    }


def _platform_state(platform: _Platform) -> Mapping[str, Any]:
    account = platform.account
    common = {
        "type": account.type,
        "url": account.api_url,
        "api_key": account.api_key,
        "ca_path": str(platform.ca_path),
        "egress": list(account.egress),
    }
    if account.type == "ech":
        return {**common, "organization_id": account.scope_id}
    return {**common, "username": account.username, "password": account.password, "environment_id": account.scope_id}


def _deployment_state(spec: world.DeploymentSpec, platform: _Platform) -> Mapping[str, Any]:
    return {
        "name": spec.display_name,
        "id": spec.id,
        "cluster_id": spec.cluster_id,
        "ref_id": spec.ref_id,
        "platform": spec.platform,
        "region": spec.region,
        "version": spec.version,
        "service_url": spec.service_url,
        "endpoint": spec.endpoint,
        "username": "elastic",
        "password": spec.password,
        "ca_path": str(platform.ca_path),
        "nodes": list(spec.node_names),
    }


def _bundle(path: Path, *authorities: tls.Authority) -> Path:
    path.write_text("".join(authority.pem for authority in authorities), encoding="ascii")
    return path


def _chain(files: world.KeyPair) -> list[str]:
    return tls.split_chain(files.certificate.read_text(encoding="ascii"))


def _host(account: world.Account) -> str:
    return f"coordinator.{account.name}.{world.DOMAIN}"


def _contract(path: Path, complete: bool) -> contract.Contract | None:
    """The descriptions lie beside the package; without them (a copy of the package alone) nothing is checked."""
    return contract.Contract.load(path, complete) if path.exists() else None
