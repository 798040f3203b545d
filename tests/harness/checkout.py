# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as a collection.

Python and Ansible find a collection only below a folder called ``ansible_collections``. A checkout has any name, so a link in ``.build``
stands in.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = Path("ansible_collections", "crosscluster", "elastic")


def collection_path() -> Path:
    """The folder that holds ``ansible_collections``: above the checkout where it lies so, else above a link to the checkout."""
    if ROOT.parts[-3:] == COLLECTION.parts:
        return ROOT.parents[2]
    link = ROOT / ".build" / "link" / COLLECTION
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.unlink(missing_ok=True)  # left by a checkout that has moved
        with suppress(FileExistsError):  # another process was faster
            link.symlink_to(ROOT, target_is_directory=True)
    return ROOT / ".build" / "link"
