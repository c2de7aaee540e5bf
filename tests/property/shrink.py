"""Fewer requests that still show a difference."""

import time


def shrink(calls, differs, seconds):
    """Leaves out parts of a list, ever smaller ones, as long as differs(rest) holds and there is time."""
    end, size = time.monotonic() + seconds, len(calls) // 2
    while size:
        at = 0
        while at < len(calls) - 1 and time.monotonic() < end:
            rest = calls[:at] + calls[min(at + size, len(calls) - 1):]  # the last one stays
            if differs(rest):
                calls = rest
            else:
                at += size
        size //= 2
    return calls
