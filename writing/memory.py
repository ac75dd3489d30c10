"""Keeps the garbage collector from stopping a process that serves people."""

import gc


def settle() -> None:
    """Take what is loaded by now for permanent.

    A full collection looks at every object and stops all threads for as long: 150 ms with our
    modules loaded, in the middle of a draft. Afterwards it looks at newer objects alone.
    """
    gc.collect()
    gc.freeze()
