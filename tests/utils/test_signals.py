"""How a process ends at a signal, in processes of its own."""

import os
import signal
import subprocess
import sys
import time

import pytest

from wav2lip.utils import signals
from wav2lip.utils.signals import Stopped, stop_behind, stop_on_signals

COMMAND = """
import time
from wav2lip.cli.exit import exit_on_input_error
from wav2lip.utils import signals

@exit_on_input_error
def main():
{body}
main()
"""


def start(body):
    code = COMMAND.format(body="".join(f"    {line}\n" for line in body.strip().splitlines()))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


CLEANS = """
try:
    print("ready", flush=True)
    time.sleep(30)
except BaseException as error:
    error.add_note("2 of 3 are kept")
    raise
finally:
    print("cleaned", flush=True)
"""


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated"),
        (signal.SIGHUP, 129, "terminal closed"),
    ],
)
def test_each_signal_cleans_says_what_is_kept_and_has_its_code(number, code, word):
    process = start(CLEANS)
    process.send_signal(number)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (code, "cleaned\n", f"{word}; 2 of 3 are kept\n")


def test_an_import_ends_at_once_without_a_traceback():
    process = start(
        "with signals.ending_at_once():\n    print('ready', flush=True)\n    time.sleep(30)"
    )
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "interrupted\n")


def test_a_deferred_signal_waits_for_the_end_of_the_step():
    body = """
signals.defer()
print("ready", flush=True)
while not signals.requested():
    time.sleep(0.01)
print("saved", flush=True)
raise signals.Stopped(signals.requested())
"""
    process = start(body)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)  # shells and terminals send it twice
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (143, "saved\n")
    assert errors.splitlines()[0].startswith("stopping after this step")


def test_nohup_is_respected():
    ignore = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    body = "print('ready', flush=True)\ntime.sleep(0.5)\nprint('done')"
    code = ignore + COMMAND.format(body="".join(f"    {line}\n" for line in body.splitlines()))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGHUP)
    assert process.communicate(timeout=20)[0] == "done\n"
    assert process.returncode == 0


def test_a_forked_child_obeys_its_parent():
    with stop_on_signals():
        child = os.fork()
        if not child:
            time.sleep(30)
            os._exit(0)
        time.sleep(0.2)
        os.kill(child, signal.SIGTERM)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM


def test_handlers_are_restored():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Stopped), stop_on_signals(), stop_on_signals():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_block_ends_before_a_signal_stops_the_command():
    done = []

    def block():
        with stop_on_signals(), signals.delaying():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            done.append("block")

    with pytest.raises(Stopped, match="143"):
        block()
    assert done == ["block"]


SWALLOWED = """
class Buffer:
    def __del__(self):
        print("ready", flush=True)
        time.sleep(30)
buffer = Buffer()
del buffer
time.sleep(30)
"""


def test_a_destructor_does_not_swallow_a_signal():
    process = start(SWALLOWED)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (143, "terminated\n")


LATE = """
import atexit
def slow():
    print("ready", flush=True)
    time.sleep(0.3)
atexit.register(slow)
"""


def test_ctrl_c_at_the_end_of_the_program_prints_no_traceback():
    process = start(LATE)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


CLEANS_BADLY = """
try:
    print("ready", flush=True)
    time.sleep(30)
finally:
    raise RuntimeError("the loader has no iterator")
"""


def test_an_error_while_a_library_cleans_up_does_not_hide_the_signal():
    process = start(CLEANS_BADLY)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "interrupted\n")


def test_the_stop_behind_an_error_is_found():
    stop = Stopped(15)
    error = ImportError("initialization failed")
    error.__cause__ = stop
    outer = RuntimeError("outer")
    outer.__context__ = error
    assert stop_behind(outer) is stop
    assert stop_behind(stop) is stop
    assert stop_behind(ValueError("other")) is None
