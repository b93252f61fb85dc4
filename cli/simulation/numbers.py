"""Tracking numbers in each carrier's form, different for every parcel of a run."""

from cli.simulation.dice import Dice


def tracking_number(carrier: str, index: int, dice: Dice) -> str:
    """A number that no other parcel of the run has."""
    serial = index * 89 + dice.whole(0, 88)
    if carrier == "ups":
        return _with_check(f"1Z{dice.pick(('W58A21', '4R7E09', 'X90V36'))}03{serial:07d}")
    if carrier == "usps":
        return _with_check(f"9400{dice.whole(100000000, 999999999)}{serial:08d}")
    if carrier == "fedex":
        return f"7{serial:011d}"
    if carrier == "ontrac":
        return f"C{serial:014d}"
    return f"JD01{serial:016d}" if carrier == "dhl_express" else f"GM60{serial:018d}"


def _with_check(body: str) -> str:
    digits = [int(letter, 36) % 10 for letter in body[2:]]
    total = sum(digits[1::2]) * 2 + sum(digits[0::2])
    return f"{body}{-total % 10}"
