"""Run commands in forks of a process that has imported everything: a run then takes its own time only.

Reads a JSON request per line and answers with the process id, then with the exit code (below 0: the signal).
"""

import atexit
import json
import os
import signal
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn


def _enter(request: dict[str, Any]) -> None:
    """Make this fork look like a command that a shell has started."""
    os.setsid()  # its children are found by the session
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):  # nohup would let it ignore them
        signal.signal(number, signal.SIG_DFL)
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    tempfile.tempdir = None
    output = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for handle, copy in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(handle, copy)
    sys.argv = ["wav2lip", *request["words"]]


def _run(request: dict[str, Any]) -> NoReturn:
    """Run the command and end as the interpreter does, but for destructors of native libraries.

    Those of ONNX Runtime, which torchmetrics imports, wait for a thread that a fork does not have.
    """
    code = 0
    try:
        _enter(request)
        from wav2lip.cli.main import main as program

        program()
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        code = 1
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    """Serve until the input ends."""
    for name in sys.argv[1:]:
        import_module(name)
    print("{}", flush=True)
    while line := sys.stdin.readline():
        pid = os.fork()
        if not pid:
            _run(json.loads(line))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    # Workers that a command starts import this file again.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
