# SPDX-License-Identifier: GPL-3.0-or-later
"""Where stages work: copies of the collection under its full name, and environments that leave the user's home alone."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stages import commands

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
NAME = Path("ansible_collections", "crosscluster", "elastic")
TREE = BUILD / "tree"
INSTALLED = BUILD / "installed"
REPORTS = BUILD / "reports"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

# ansible-test fetches this script from a host of its own, which many networks do not reach; ensurepip gives the same pip without it.
# A process of its own: ensurepip switches pip's configuration off for the process it runs in.
GET_PIP = """\
import subprocess, sys
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
wanted = [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *wanted]))
"""


@dataclass(frozen=True)
class Core:
    """One ansible-core: its virtual environment, and a copy of the collection and a home for itself, as two may run at once."""

    label: str
    venv: Path

    @property
    def tree(self) -> Path:
        return BUILD / f"tree-{self.label}"

    @property
    def home(self) -> Path:
        return BUILD / f"home-{self.label}"

    def program(self, name: str) -> Path:
        return self.venv / "bin" / name

    def environment(self, collections: Path | None = None) -> dict[str, str]:
        """The environment of an Ansible tool that finds our collection in `collections`."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
        paths = {"ANSIBLE_COLLECTIONS_PATH": str(collections)} if collections else {}
        own = {"HOME": str(self.home), "PATH": f"{self.venv / 'bin'}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"}
        return {**inherited, **own, **paths}


NEWEST = Core("newest", ROOT / ".venv")
OLDEST = Core("oldest", ROOT / ".venv-oldest")


def source_files() -> list[Path]:
    """The files of the checkout, relative to it: those that git knows or would add."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted({Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file()})


def copy_collection(tree: Path) -> Path:
    """Make `tree` hold a fresh copy of the collection and nothing else; returns the collection's folder."""
    shutil.rmtree(tree, ignore_errors=True)
    target = tree / NAME
    for name in source_files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)
    # A repository of its own: tools that ask git for the files would otherwise ask the checkout's, which ignores the folder.
    subprocess.run(["git", "init", "--quiet", target], check=True)
    return target


def install_oldest() -> commands.Finished | None:
    """Bring the oldest core's virtual environment up to date; None when it was already."""
    names = ("requirements-pytest.txt", "requirements-oldest.txt")
    wanted = PYTHON + "".join((ROOT / "tests" / name).read_text() for name in names)
    stamp = OLDEST.venv / "requirements-installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return None
    shutil.rmtree(OLDEST.venv, ignore_errors=True)
    created = commands.run(sys.executable, "-m", "venv", OLDEST.venv, cwd=ROOT, env=os.environ)
    if created.status != 0:
        return created
    pip = (OLDEST.program("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    installed = commands.run(*pip, "-r", ROOT / "tests" / "requirements-oldest.txt", cwd=ROOT, env=os.environ)
    if installed.status == 0:
        stamp.write_text(wanted)
    return installed


def prepare_home(core: Core) -> None:
    """Write what ansible-test needs in its home: the script that installs pip, and the pip configuration that it would not pass on."""
    requirements = next(core.venv.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py"))
    version = re.search(r"pip='([\d.]+)'", requirements.read_text())
    if version is None:
        raise LookupError(f"{requirements} no longer names the version of pip")
    cache = core.home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"get_pip_{version.group(1).replace('.', '_')}.py").write_text(GET_PIP)
    _write_pip_configuration(core.home / ".config" / "pip" / "pip.conf")


def _write_pip_configuration(path: Path) -> None:
    """The user's own pip configuration with the environment's PIP_* settings on top."""
    configuration = configparser.RawConfigParser()
    configuration.read([Path.home() / ".pip" / "pip.conf", Path.home() / ".config" / "pip" / "pip.conf"])
    if not configuration.has_section("global"):
        configuration.add_section("global")
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE":
            configuration.set("global", name[4:].lower().replace("_", "-"), value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # an index address may hold a password
    with path.open("w") as file:
        configuration.write(file)
