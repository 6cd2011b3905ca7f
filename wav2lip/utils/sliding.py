"""See each item of a stream together with its neighbours."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def sliding(items: Iterable[Item], behind: int, ahead: int) -> Iterator[tuple[list[Item], int]]:
    """Yield each item with up to `behind` items before it and up to `ahead` after it.

    At most `behind + 1 + ahead` items are held; an item is yielded `ahead` items late.

    Args:
        items: of any length.
        behind: 0 or more.
        ahead: 0 or more.

    Yields:
        The items held, and the place of the current one among them.

    Examples:
        >>> [(held, at) for held, at in sliding("abc", behind=1, ahead=1)]
        [(['a', 'b'], 0), (['a', 'b', 'c'], 1), (['b', 'c'], 1)]
    """
    window: deque[Item] = deque()
    at = 0
    for item in items:
        window.append(item)
        if len(window) - at > ahead:
            yield list(window), at
            at += 1
            if at > behind:
                window.popleft()
                at -= 1
    while at < len(window):
        yield list(window), at
        at += 1
        if at > behind:
            window.popleft()
            at -= 1
