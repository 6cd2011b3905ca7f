"""Receive the files of a form (multipart/form-data): streamed to the disk, with a limit that holds while they come."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from wav2lip.utils.write_errors import report_as
from wav2lip.web.request_error import RequestError

LONGEST_FIELD = 20_000  # bytes of a field that is no file
PATIENCE = 30.0  # seconds between two parts of a request's body
FORM = "multipart/form-data"


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != FORM.encode() or not boundary:
        raise RequestError(
            415, f"the request must be a form ({FORM}) with its boundary, not {content_type[:60]!r}"
        )
    return boundary


class FormReceiver:
    """Takes the bytes of a form and writes its files.

    A file gets the path that belongs to its part; the file name in the request is not read.

    Args:
        content_type: header of the request.
        files: names of the parts that are files, with their paths.
        fields: names of the parts that are short texts.
        limit: bytes of the whole form.

    Attributes:
        values: texts of the fields that came.
        received: names of the files that came.

    Raises:
        RequestError: the request is no form.
    """

    def __init__(
        self, content_type: str, files: Mapping[str, Path], fields: Collection[str], limit: int
    ) -> None:
        self.values: dict[str, str] = {}
        self.received: set[str] = set()
        self._files, self._fields, self._limit = files, fields, limit
        self._left = limit
        self._header, self._value = b"", b""
        self._disposition = b""
        self._name = ""
        self._target: BinaryIO | bytearray = bytearray()
        self._ended = False
        boundary = _boundary(content_type)
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_header,
                    "on_header_value": self._add_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open_part,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise RequestError(400, f"the form cannot be read: {error}") from error

    def write(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            RequestError: the form is too large or malformed, or has a part that is unknown or there already.
            OutputError: a file cannot be written.
        """
        self._left -= len(data)
        if self._left < 0:
            raise too_large(self._limit)
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise RequestError(400, f"the form cannot be read: {error}") from error

    def finish(self) -> None:
        """Check that the form is whole.

        Raises:
            RequestError: it is cut off.
        """
        if not self._ended:
            raise RequestError(400, "the form is cut off; send it again")

    def close(self) -> None:
        """Close the file that is being written."""
        if not isinstance(self._target, bytearray):
            self._target.close()

    def _begin_part(self) -> None:
        self._header = self._value = self._disposition = b""

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _open_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "backslashreplace")
        known = [*self._files, *self._fields]
        if name not in known:
            raise RequestError(
                400, f"the part {name[:60]!r} is unknown; the parts are {', '.join(known)}"
            )
        if name in self.received or name in self.values:
            raise RequestError(400, f"{name}: there are two; send one")
        self._name = name
        if name in self._files:
            self.received.add(name)
            with report_as(self._files[name]):
                self._target = self._files[name].open("xb")
        else:
            self._target = bytearray()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if isinstance(self._target, bytearray):
            self._target += data[start:end]
            if len(self._target) > LONGEST_FIELD:
                raise RequestError(400, f"{self._name}: must have at most {LONGEST_FIELD} bytes")
        else:
            with report_as(self._files[self._name]):
                self._target.write(data[start:end])

    def _end_part(self) -> None:
        if isinstance(self._target, bytearray):
            try:
                self.values[self._name] = self._target.decode()
            except UnicodeDecodeError as error:
                raise RequestError(400, f"{self._name}: must be text in UTF-8") from error
            return
        with report_as(self._files[self._name]):
            self._target.close()

    def _end(self) -> None:
        self._ended = True


def too_large(limit: int) -> RequestError:
    """Return the error of a request of more than `limit` bytes."""
    return RequestError(
        413, f"the request has more than {limit / 1e6:g} MB, the limit of this server; send less"
    )


async def _in_time(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts of a body; a client that has vanished without a word would otherwise hold its place forever."""
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise RequestError(408, f"nothing came for {PATIENCE:g} s; send it again") from error
        if chunk is None:
            return
        yield chunk


async def receive_form(
    stream: AsyncIterator[bytes],
    headers: Mapping[str, str],
    files: Mapping[str, Path],
    fields: Collection[str],
    limit: int,
    optional: Collection[str] = (),
) -> dict[str, str]:
    """Receive a form.

    Args:
        stream: body of the request.
        headers: of the request.
        files: see `FormReceiver`.
        fields: see `FormReceiver`; they may be missing.
        limit: bytes of the whole form.
        optional: names of the files that may be missing.

    Returns:
        The texts of the fields.

    Raises:
        RequestError: the form is too large, malformed, cut off or late, or a part is missing, unknown or there twice.
        OutputError: a file cannot be written.
    """
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:18]) > limit:
        raise too_large(limit)
    receiver = FormReceiver(headers.get("content-type", ""), files, fields, limit)
    try:
        async for chunk in _in_time(stream):
            if chunk:
                await anyio.to_thread.run_sync(receiver.write, chunk)
        receiver.finish()
    finally:
        receiver.close()
    for name in files:
        if name not in receiver.received and name not in optional:
            raise RequestError(400, f"the part {name} is missing; send {' and '.join(files)}")
    return receiver.values
