"""Policies that are read again when their files change."""

import os
from pathlib import Path

import pytest

from rules.loading import PolicyError, load_policy
from streams.policies import PolicyFiles

LIVE = "- extends: packaged\n- {name: post, from: 2026-02-01, kinds: {stalled: off}}\n"
MORE = "- {name: more, from: 2026-03-01, kinds: {damaged: off}}\n"
CANDIDATE = "- extends: live\n- {name: early, from: 2026-04-01, kinds: {all: live}}\n"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def write(path: Path, text: str, at: int) -> None:
    path.write_text(text)
    os.utime(path, (at, at))


def names(files: PolicyFiles) -> list[str]:
    return [entry.name for entry in files.books().live.entries]


def test_a_promoted_entry_is_seen_without_a_restart(tmp_path: Path) -> None:
    live, candidate, clock = tmp_path / "live.yaml", tmp_path / "candidate.yaml", Clock()
    write(live, LIVE, 1)
    write(candidate, CANDIDATE, 1)
    files = PolicyFiles(load_policy, live, candidate, clock)
    known = files.books()
    assert names(files) == ["default", "post"]

    write(live, LIVE + MORE, 2)
    assert files.books() is known
    clock.now = 5.0

    assert names(files) == ["default", "post", "more"]
    beside = files.books().candidate
    assert beside is not None
    assert [entry.name for entry in beside.entries] == ["default", "post", "more", "early"]


def test_a_file_that_goes_bad_leaves_the_last_good_policy_in_force(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    live, clock = tmp_path / "live.yaml", Clock()
    write(live, LIVE, 1)
    files = PolicyFiles(load_policy, live, clock=clock)

    for at, broken in ((2, "- {"), (3, None)):
        clock.now += 5
        if broken is None:
            live.unlink()
        else:
            write(live, broken, at)
        assert names(files) == ["default", "post"]
    assert caplog.text.count("the one before stays in force") == 2

    write(live, LIVE + MORE, 4)
    clock.now += 5
    assert names(files) == ["default", "post", "more"]


def test_a_bad_file_at_the_start_is_refused(tmp_path: Path) -> None:
    live = tmp_path / "live.yaml"
    write(live, "- {", 1)

    with pytest.raises(PolicyError, match=r"live\.yaml:1"):
        PolicyFiles(load_policy, live)


def test_without_files_the_packaged_policy_holds() -> None:
    books = PolicyFiles(load_policy).books()

    assert (books.live, books.candidate) == (load_policy(), None)
