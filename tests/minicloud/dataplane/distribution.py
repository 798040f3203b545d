# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Elasticsearch for the mini cloud: found in Maven Central, completed by a small plugin, kept in a cache.

Maven Central has the distribution that Elasticsearch's own plugin tests use. It is the real server without most modules; the plugin in
``minicloud/java`` adds the few parts that security needs. One unpacked copy serves all nodes and all mini clouds of the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from minicloud.dataplane import DataPlaneError

_ARTIFACT = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:{version}:zip"
_UNPACK = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack"
_OLDEST_JDK = 17
_JAVA_SOURCES = Path(__file__).parent.parent / "java"
_DEFAULT_CACHE = Path(__file__).parents[3] / ".cache" / "elasticsearch"


@dataclass(frozen=True)
class Distribution:
    """An unpacked Elasticsearch that many nodes may share: its folder is only read."""

    version: str
    home: Path
    java_home: Path


def provide(version: str) -> Distribution:
    """Elasticsearch ``version``, downloaded and completed if the cache (``MINICLOUD_CACHE``) lacks it.

    Blocks; several processes may call it at once. Raises DataPlaneError when a JDK or Maven is absent or the download fails.
    """
    java_home = find_jdk()
    cache = Path(os.environ.get("MINICLOUD_CACHE") or _DEFAULT_CACHE).absolute()
    home = cache / f"{version}-{_sources_digest()}"
    if not home.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(home.with_name(f"{home.name}.lock")):
            if not home.is_dir():
                _build(version, home, java_home)
    return Distribution(version, home, java_home)


def find_jdk() -> Path:
    """The JDK to run nodes with: ``JAVA_HOME``, otherwise the one behind ``java`` on PATH. Raises DataPlaneError."""
    configured = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(configured) / "bin" / "java") if configured else "java")
    if java is None:
        raise DataPlaneError(
            f"no JDK: JAVA_HOME={configured} has no bin/java" if configured else "no JDK: java is not on PATH and JAVA_HOME is not set"
        )
    properties = _run([java, "-XshowSettings:properties", "-version"], "java")
    home = Path(_property(properties, "java.home"))
    release = _property(properties, "java.specification.version")
    if not (home / "bin" / "javac").exists():
        raise DataPlaneError(f"{home} is a Java runtime without a compiler: a JDK is needed")
    if int(release.removeprefix("1.")) < _OLDEST_JDK:
        raise DataPlaneError(f"{home} is Java {release}: a JDK {_OLDEST_JDK} or later is needed")
    return home


def find_maven() -> str:
    """The path of ``mvn``. Raises DataPlaneError."""
    maven = shutil.which("mvn")
    if maven is None:
        raise DataPlaneError("no Maven: mvn is not on PATH")
    return maven


def _property(properties: str, name: str) -> str:
    found = re.search(rf"^\s*{re.escape(name)} = (.+)$", properties, re.MULTILINE)
    if found is None:
        raise DataPlaneError(f"java does not tell its {name}")
    return found.group(1).strip()


def _sources() -> list[Path]:
    return sorted(_JAVA_SOURCES.rglob("*.java"))


def _sources_digest() -> str:
    return hashlib.sha256(b"".join(source.read_bytes() for source in _sources())).hexdigest()[:8]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(version: str, home: Path, java_home: Path) -> None:
    partial = home.with_name(f"{home.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # what an interrupted build left; the lock says nobody is at it
    partial.mkdir()
    unpacked = partial / "unpacked"
    # Outside a project the plugin drops its markers below the working directory.
    _run(
        [find_maven(), "-B", "-q", _UNPACK, f"-Dartifact={_ARTIFACT.format(version=version)}", f"-DoutputDirectory={unpacked}"],
        "mvn",
        cwd=partial,
    )
    (content,) = unpacked.iterdir()
    _install_shim(content, version, java_home)
    content.rename(home)
    shutil.rmtree(partial)


def _install_shim(home: Path, version: str, java_home: Path) -> None:
    plugin = home / "plugins" / "shim"
    plugin.mkdir(parents=True)
    folders = [_JAVA_SOURCES / "common", _JAVA_SOURCES / _plugin_api(home, version)]
    sources = [str(source) for source in _sources() if any(source.is_relative_to(folder) for folder in folders)]
    with tempfile.TemporaryDirectory() as classes:
        _run([str(java_home / "bin" / "javac"), "-nowarn", "-d", classes, "-cp", f"{home}/lib/*", *sources], "javac")
        _run([str(java_home / "bin" / "jar"), "cf", str(plugin / "shim.jar"), "-C", classes, "."], "jar")
    (plugin / "plugin-descriptor.properties").write_text(
        "name=shim\nversion=1\ndescription=analysis parts of .security, and GET /\nclassname=shim.Shim\n"
        f"java.version={_OLDEST_JDK}\nelasticsearch.version={version}\n",
        encoding="utf-8",
    )


def _plugin_api(home: Path, version: str) -> str:
    with zipfile.ZipFile(home / "lib" / f"elasticsearch-{version}.jar") as server:
        newer = "org/elasticsearch/plugins/ActionPlugin$RestHandlersServices.class" in server.namelist()
    return "v9" if newer else "v8"


def _run(command: Sequence[str], what: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise DataPlaneError(f"{what} failed with status {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout
