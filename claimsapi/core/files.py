"""What files need that are to be there whole, or not at all."""

import os
from pathlib import Path


def sync_folder(path: Path) -> None:
    """Let the names in a folder last, also if the power fails next."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
