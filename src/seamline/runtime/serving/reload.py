"""Workers that are replaced, which need not tell anybody that they end: others answer at the same address."""

import mmap
import struct

_AGE = struct.Struct("q")
# Shared by the arbiter with its workers, which are forks of it.
_replaced = mmap.mmap(-1, _AGE.size)


def replace_up_to(age: int) -> None:
    """Say, in the arbiter, that the workers made so far are going to be replaced."""
    _AGE.pack_into(_replaced, 0, age)


def is_replaced(age: int) -> bool:
    """Tell whether a worker of this age is."""
    replaced: int = _AGE.unpack_from(_replaced, 0)[0]
    return age <= replaced
