import sqlite3
import time

import pytest

from wav2lip.errors import InputError
from wav2lip.web.job_store import LOST, JobRecord, JobStore


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path / "jobs.sqlite3")
    yield store
    store.close()


def _add(store, *names: str, client="a"):
    for name in names:
        store.add(JobRecord(name, client, options={"chosen": {"fps": 30}}))


def test_jobs_are_claimed_in_order(store):
    _add(store, "x", "y")
    assert [store.ahead(store.get(name)) for name in "xy"] == [0, 1]
    first = store.claim()
    assert (first.id, first.state, first.tries) == ("x", "running", 1)
    assert first.options == {"chosen": {"fps": 30}}
    assert store.claim().id == "y"
    assert store.claim() is None


def test_an_ended_job_has_its_state_and_time(store):
    _add(store, "x", "y")
    store.claim()
    store.claim()
    assert store.finish("x")
    assert store.finish("y", "no face found")
    assert [store.get(name).state for name in "xy"] == ["done", "failed"]
    assert store.get("y").error == "no face found"
    assert store.get("x").finished == pytest.approx(time.time(), abs=60)


def test_a_cancelled_job_stays_cancelled(store):
    _add(store, "x", "y")
    store.claim()
    assert store.cancel("x") == "running"
    assert store.cancel("y") == "queued"
    assert store.cancel("z") is None
    assert not store.finish("x")
    assert store.claim() is None
    assert [store.get(name).state for name in "xy"] == ["cancelled", "cancelled"]


def test_active_jobs_are_counted_by_client(store):
    _add(store, "x", "y")
    _add(store, "z", client="b")
    store.claim()
    store.cancel("y")
    assert (store.active(), store.active("a"), store.active("b"), store.active("c")) == (2, 1, 1, 0)
    assert store.active_ids() == {"x", "z"}
    assert store.ids() == {"x", "y", "z"}


def test_a_running_job_is_queued_again_after_a_crash_but_not_twice(tmp_path):
    for state, tries in (("queued", 1), ("failed", 2)):
        store = JobStore(tmp_path / "jobs.sqlite3")  # never closed: the process was killed
        if tries == 1:
            _add(store, "x")
        store.claim()
        again = JobStore(tmp_path / "jobs.sqlite3")
        again.recover()
        assert (again.get("x").state, again.get("x").tries) == (state, tries)
    assert again.get("x").error == LOST


def test_a_job_that_was_put_back_has_lost_no_try(store):
    _add(store, "x")
    store.claim()
    store.put_back("x")
    assert (store.get("x").state, store.get("x").tries) == ("queued", 0)


def test_expired_jobs_are_the_old_ones_and_those_beyond_the_limit(store):
    _add(store, "a", "b", "c", "d")
    for name in "abc":
        store.claim()
        store.finish(name)
    assert store.expired(0, keep=10) == []
    assert store.expired(0, keep=2) == ["a"]
    assert store.expired(time.time() + 1, keep=10) == ["c", "b", "a"]
    store.remove("a")
    assert store.ids() == {"b", "c", "d"}


def test_a_file_that_is_no_queue_is_one_line(tmp_path):
    path = tmp_path / "jobs.sqlite3"
    path.write_text("nothing")
    with pytest.raises(InputError, match=r"jobs.sqlite3: the queue cannot be read"):
        JobStore(path)
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE jobs (id TEXT)")
    with pytest.raises(InputError, match="choose another folder"):
        JobStore(path)
