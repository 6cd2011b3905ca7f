"""Text that any file and terminal can hold."""


def printable(text: str) -> str:
    """Return text that can be encoded; bytes of a file name that are not UTF-8 become escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
