"""Results say what happened in few words."""

from sinks.results import Outcome, delivered, refused, skipped, try_again


def test_only_what_may_pass_is_retryable() -> None:
    assert try_again("timeout", after=3.0).retryable
    assert not any(result.retryable for result in (delivered(), refused("http_4xx"), skipped("duplicate")))


def test_each_names_its_outcome_and_reason() -> None:
    assert (refused("http_4xx", "told").outcome, refused("http_4xx").reason) == (Outcome.FAILED, "http_4xx")
    assert skipped("duplicate").outcome is Outcome.SKIPPED
    assert delivered().outcome is Outcome.DELIVERED
