from tests.kill.leftovers import exceptions, is_probe

TRACKER = """Traceback (most recent call last):
  File "/usr/lib/python3.11/multiprocessing/resource_tracker.py", line 239, in main
    cache[rtype].remove(name)
KeyError: '/psm_1'
"""
OWN = """Traceback (most recent call last):
  File "/wav2lip/cli/train.py", line 1, in run
    work()
ValueError: 3
"""


def test_only_the_resource_tracker_of_a_killed_process_may_print_a_traceback():
    assert list(exceptions(TRACKER, killed=True)) == []
    assert list(exceptions(TRACKER, killed=False)) == ["KeyError: '/psm_1'"]
    assert list(exceptions(f"{TRACKER}{OWN}done\n", killed=True)) == ["ValueError: 3"]


def test_probes_of_tempfile_are_known(tmp_path):
    for name, content in [("a1_bcdef", b"blat"), ("abcdefgh", b"clip"), ("short", b"blat")]:
        (tmp_path / name).write_bytes(content)
    assert [path.name for path in sorted(tmp_path.iterdir()) if is_probe(path)] == ["a1_bcdef"]
