# SPDX-License-Identifier: GPL-3.0-or-later
"""Let every test import the collection by its full name and the test packages by theirs.

Python finds a collection only below a folder called ``ansible_collections``. A checkout has any name, so a link in ``.build`` stands in.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLLECTION = Path("ansible_collections", "crosscluster", "elastic")


def collection_path() -> Path:
    """The folder that holds ``ansible_collections``: above the checkout where it lies so, else above a link to the checkout."""
    if ROOT.parts[-3:] == COLLECTION.parts:
        return ROOT.parents[2]
    link = ROOT / ".build" / "link" / COLLECTION
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.unlink(missing_ok=True)  # left by a checkout that has moved
        with suppress(FileExistsError):  # another test process was faster
            link.symlink_to(ROOT, target_is_directory=True)
    return ROOT / ".build" / "link"


for folder in (ROOT / "tests", collection_path()):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
