"""When a message that was not taken is sent again, and when it is given up."""

from datetime import timedelta
from random import Random
from typing import Final

ATTEMPTS: Final = 12  # the waits between them add up to 71 hours
LONGEST_WAITING: Final = timedelta(days=4)  # also of one that waited for others of its endpoint
# After a failure the endpoint's other messages wait too, so that a receiver that hangs does not
# hold up the worker once for each of them.
LONGEST_PAUSE: Final = timedelta(minutes=5)
SWITCHED_OFF_AFTER: Final = timedelta(days=5)  # of failures without one success
_FIRST: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=12)


def wait_after(attempts: int, chance: Random) -> timedelta:
    """How long to wait after so many attempts: four times as long each time, give or take 20 %.

    The chance in it spreads what failed at the same moment.
    """
    times: int = 4 ** min(attempts - 1, 10)
    wait = min(_FIRST * times, _LONGEST)
    return wait * chance.uniform(0.8, 1.2)
