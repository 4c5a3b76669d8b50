"""A folder that is there whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from rejoinder.errors import StoreError

__all__ = ["building"]


@contextmanager
def building(folder: str, cure: str) -> Iterator[str]:
    """Give a new folder beside a folder, to be built and then renamed; if it was not, it is taken away.

    Raises StoreError, with the cure, for what cannot be written.
    """
    above = os.path.dirname(folder)
    made = None
    try:
        os.makedirs(above, exist_ok=True)
        made = tempfile.mkdtemp(prefix=f".{os.path.basename(folder)}-", dir=above)
        os.chmod(made, 0o755)
        yield made
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written: {error.strerror}", cure) from None
    finally:
        if made:
            shutil.rmtree(made, ignore_errors=True)
