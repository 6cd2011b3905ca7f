"""The messages by which a remote client controls a live session: JSON objects with a `type`."""

import json
from typing import Any

from wav2lip.errors import InputError
from wav2lip.live.session import LiveSession

COMMANDS = {
    "end_of_speech": LiveSession.end_of_speech,
    "clear": LiveSession.clear,
    "close": LiveSession.close,
}
SHOWN = 80  # characters of a message that an error repeats


def read_message(text: str) -> dict[str, Any]:
    """Read a message.

    Raises:
        InputError: it is no JSON object with a type.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise InputError(
            f'the message {text[:SHOWN]!r} cannot be read; send a JSON object such as {{"type": "clear"}}'
        )
    return message


def run_command(session: LiveSession, message: dict[str, Any]) -> None:
    """Do what a message asks for: `end_of_speech`, `clear` or `close`.

    Raises:
        InputError: the type is unknown.
    """
    command = COMMANDS.get(message["type"])
    if command is None:
        raise InputError(
            f"the message type {message['type'][:SHOWN]!r} is unknown; use one of {' '.join(COMMANDS)}"
        )
    command(session)
