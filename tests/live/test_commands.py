import pytest

from wav2lip.errors import InputError
from wav2lip.live import LiveSession
from wav2lip.live.commands import read_message, run_command


@pytest.mark.parametrize("text", ["", "no", "[1]", '{"kind": "clear"}', '{"type": 1}', "[" * 9999])
def test_what_is_no_message_is_refused(text):
    with pytest.raises(InputError, match=r"cannot be read; send a JSON object such as \{"):
        read_message(text)


def test_an_unknown_type_is_refused_and_a_known_one_runs(avatar, worker):
    session = LiveSession(avatar, worker)
    with pytest.raises(InputError, match="'stop' is unknown; use one of end_of_speech clear close"):
        run_command(session, read_message('{"type": "stop"}'))
    run_command(session, read_message('{"type": "close"}'))
    assert list(session) == []
