# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of broken links, on simulated clusters; tests/real has the same on real ones and those that only they know."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.errors import ERRORS, provide, sentence
from real.bed import Bed, two_clusters


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with Bed(two_clusters(), tmp_path_factory.mktemp("bed"), "simulated") as running:
        provide(running, ERRORS)
        yield running


@pytest.mark.proves("R153")
@pytest.mark.parametrize("error_id", ERRORS)
def test_a_broken_link_gets_one_sentence_about_what_is_wrong_where_and_what_to_do(
    bed: Bed, error_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = sentence(bed, error_id, ERRORS[error_id])
    assert said.startswith("link ")
    with capsys.disabled():
        print(f"\n{error_id} (simulated): {said}")
