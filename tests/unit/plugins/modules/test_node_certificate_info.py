# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations


def test_where_nothing_is_nothing_fits(call, tmp_path):
    read = call("node_certificate_info", path=str(tmp_path / "a.crt"), key_path=str(tmp_path / "a.key"))
    assert not read["changed"] and read["certificate"] == "" and not read["key_fits"]


def test_what_is_no_certificate_fits_nothing(call, tmp_path):
    for name in ("a.crt", "a.key"):
        (tmp_path / name).write_text("rubbish")
    read = call("node_certificate_info", path=str(tmp_path / "a.crt"), key_path=str(tmp_path / "a.key"))
    assert read["certificate"] == "rubbish" and not read["key_fits"]
