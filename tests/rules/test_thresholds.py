"""Each number of the packaged policy matters: a little more or less, and a twin's case or a story ends otherwise."""

from collections import defaultdict
from datetime import timedelta

import pytest

from rules.loading import load_policy
from tests.rules.threshold_stories import STORIES
from tests.rules.thresholds import Mutant, mutants, noticed, numbers

EQUIVALENT = {
    "attempts.allowed.usps=1": "the second attempt is the first that is asked how many are allowed",
    "score.customer.vip=11": "score.customer.most is 10",
    "score.support.most=11": "the two points under it add up to 10",
}
"""What nobody can notice, and why; a number that nobody notices and that is not here does not matter."""


def by_first_word() -> dict[str, list[Mutant]]:
    found: dict[str, list[Mutant]] = defaultdict(list)
    for path, value in numbers().items():
        found[path.partition(".")[0]] += mutants(path, value)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("word", "changed"), by_first_word().items(), ids=by_first_word())
def test_each_number_is_noticed(word: str, changed: list[Mutant]) -> None:
    unnoticed = {str(mutant) for mutant in changed if noticed(mutant) is None}

    assert unnoticed == {name for name in EQUIVALENT if name.startswith(f"{word}.")}


def test_all_numbers_are_asked() -> None:
    values = load_policy().entries[0].values
    left = {path for path in values.keys() - numbers().keys()}

    assert {path.rpartition(".")[2] for path in left} == {"zone", "days", "enabled", "apart"}
    assert len(numbers()) > 85


@pytest.mark.slow
def test_the_check_sees_a_number_that_nobody_notices() -> None:
    assert noticed(Mutant("pickup_expiring.window.nobody", timedelta(days=3))) is None


@pytest.mark.slow
def test_what_is_told_is_told_by_every_story() -> None:
    from tests.rules.thresholds import told

    assert all(told(name, load_policy()) for name in STORIES)
