"""A worker that was paused for longer than its session doubts before it writes."""

import asyncio
import types

from streams.engine.lease import Lease


def test_it_is_fresh_until_most_of_the_session_is_over() -> None:
    now = [100.0]
    lease = Lease(10.0, lambda: now[0])
    now[0] = 107.9
    assert lease.is_fresh
    now[0] = 108.1
    assert not lease.is_fresh
    lease.renew()
    assert lease.is_fresh


def test_it_counts_from_when_the_heartbeat_was_sent() -> None:
    now = [0.0]
    lease = Lease(10.0, lambda: now[0])
    answers = iter([(5.0, True), (30.0, False)])

    async def beat() -> bool:
        now[0], answer = next(answers)
        return answer

    coordinator = types.SimpleNamespace(_do_heartbeat=beat)
    lease.watch(coordinator)
    now[0] = 1.0
    assert asyncio.run(coordinator._do_heartbeat()) is True
    now[0] = 8.9
    assert lease.is_fresh
    now[0] = 9.1
    assert not lease.is_fresh
    assert asyncio.run(coordinator._do_heartbeat()) is False
    assert not lease.is_fresh
