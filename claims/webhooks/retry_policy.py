"""The retry policy: delays between attempts, and the limits after which attempts end."""

from datetime import timedelta
from random import Random
from typing import Final

MAX_ATTEMPTS: Final = 12  # the delays between them add up to 71 hours
# A message that waits for others of its endpoint uses no attempts, so its age is limited too.
MAX_AGE: Final = timedelta(days=4)
# After a failure the endpoint's other messages wait too. Otherwise a receiver that hangs would
# block the worker once for each of them.
MAX_PAUSE: Final = timedelta(minutes=5)
SWITCH_OFF_AFTER: Final = timedelta(days=5)  # of failures without one success
_FIRST_DELAY: Final = timedelta(seconds=30)
_MAX_DELAY: Final = timedelta(hours=12)


def compute_delay(attempts: int, random: Random) -> timedelta:
    """Compute the delay after that many attempts: four times the previous one, ± 20 %."""
    # The exponent is limited because timedelta overflows.
    factor: int = 4 ** min(attempts - 1, 10)
    delay = min(_FIRST_DELAY * factor, _MAX_DELAY)
    # Jitter spreads messages that failed at the same time.
    return delay * random.uniform(0.8, 1.2)
