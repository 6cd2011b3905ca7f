import ctypes
import sys

import pytest

from wav2lip.utils.signal_stack import _Stack, kept_signal_stack


@pytest.mark.skipif(sys.platform != "linux", reason="sigaltstack as Linux has it")
def test_what_a_library_does_to_the_signal_stack_is_undone():
    library, before, after = ctypes.CDLL(None), _Stack(), _Stack()
    library.sigaltstack(None, ctypes.byref(before))
    memory = ctypes.create_string_buffer(65_536)
    with kept_signal_stack():
        new = _Stack(ctypes.addressof(memory), 0, len(memory))
        assert library.sigaltstack(ctypes.byref(new), None) == 0
    library.sigaltstack(None, ctypes.byref(after))
    assert (after.ss_sp, after.ss_size) == (before.ss_sp, before.ss_size)
