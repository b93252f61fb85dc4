"""What of a batch's rows goes to the changelog first."""

from streams.engine.app import EngineApp


def test_removals_are_written_last() -> None:
    table = EngineApp("app", broker="kafka://127.0.0.1:1").batch_table("due", ordered=True)

    # A timer that moved on twice within one batch, and whose first places are removed.
    records = table.changelog_records(3, {b"1": None, b"3": b"on", b"2": None, b"clock": b"now"})

    assert [(record.key, record.value) for record in records] == [
        (b"3", b"on"),
        (b"clock", b"now"),
        (b"1", None),
        (b"2", None),
    ]
    assert {(record.topic, record.partition) for record in records} == {("app-due-changelog", 3)}


def test_a_row_is_written_after_those_whose_keys_begin_with_its_own() -> None:
    table = EngineApp("app", broker="kafka://127.0.0.1:1").batch_table("shipments", parents_last=True)

    # The first of two slices has touched all three, the second only the parcel.
    records = table.changelog_records(0, {b"number": b"handed over", b"gone": None, b"number:parcel": b"new"})

    assert [record.key for record in records] == [b"number:parcel", b"number", b"gone"]
