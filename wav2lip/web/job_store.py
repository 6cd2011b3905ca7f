"""The queue of jobs in an SQLite database, which survives the end of the server, however it ends."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from wav2lip.errors import InputError

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
Kind: TypeAlias = Literal["video", "avatar", "personal"]

ACTIVE = "('queued', 'running')"
MAX_TRIES = 2  # a job that ends the server twice would do so forever
LOST = "the server ended twice while it rendered this job; send it again, or try other files"
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    client TEXT NOT NULL,
    state TEXT NOT NULL,
    options TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    created REAL NOT NULL,
    started REAL,
    finished REAL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
"""


@dataclass(frozen=True)
class JobRecord:
    """One job.

    Attributes:
        id: 32 hexadecimal digits that cannot be guessed; also the name of its folder.
        client: who sent it.
        kind: "video": a face speaks a sound; "avatar": a face is prepared for live sessions;
            "personal": a generator is tuned to one person.
        options: what is rendered how, as plain data.
        state: of the job.
        tries: how often it was started.
        error: one line, if it failed.
        created: seconds since the epoch, as the following.
        started: of the last try.
        finished: when it was done, failed or cancelled.
        number: grows with every job; 0: not stored yet.
    """

    id: str
    client: str
    kind: Kind = "video"
    options: dict[str, Any] = field(default_factory=dict)
    state: State = "queued"
    tries: int = 0
    error: str = ""
    created: float = 0.0
    started: float | None = None
    finished: float | None = None
    number: int = 0


def _record(row: sqlite3.Row) -> JobRecord:
    values = dict(row)
    values["options"] = json.loads(values["options"])
    return JobRecord(**values)


class JobStore:
    """Jobs and their states. Every change is one transaction, and is on the disk when the method returns.

    Methods may be called from any thread.

    Args:
        path: the database; created if missing.

    Raises:
        InputError: the file cannot be written, or is not such a database.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(SCHEMA)
            self._database.execute("SELECT number, id, kind, client, options FROM jobs LIMIT 1")
        except sqlite3.Error as error:
            raise InputError(
                f"{path}: the queue cannot be read or written ({error}); choose another folder"
            ) from error

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    def add(self, job: JobRecord) -> None:
        """Append a job to the queue."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO jobs (id, kind, client, state, options, created) VALUES (?, ?, ?, 'queued', ?, ?)",
                (job.id, job.kind, job.client, json.dumps(job.options), time.time()),
            )

    def get(self, job: str) -> JobRecord | None:
        """Return a job by its id, or None."""
        rows = self._rows("SELECT * FROM jobs WHERE id = ?", job)
        return _record(rows[0]) if rows else None

    def ids(self) -> set[str]:
        """Return the ids of all jobs."""
        return {row["id"] for row in self._rows("SELECT id FROM jobs")}

    def active_ids(self) -> set[str]:
        """Return the ids of the jobs that wait or run."""
        return {row["id"] for row in self._rows(f"SELECT id FROM jobs WHERE state IN {ACTIVE}")}

    def active(self, client: str | None = None) -> int:
        """Count the jobs that wait or run, of one client or of all."""
        query = f"SELECT COUNT(*) AS n FROM jobs WHERE state IN {ACTIVE}"
        if client is None:
            return int(self._rows(query)[0]["n"])
        return int(self._rows(f"{query} AND client = ?", client)[0]["n"])

    def ahead(self, job: JobRecord) -> int:
        """Count the waiting jobs that are rendered before this one."""
        query = "SELECT COUNT(*) AS n FROM jobs WHERE state = 'queued' AND number < ?"
        return int(self._rows(query, job.number)[0]["n"])

    def claim(self) -> JobRecord | None:
        """Start the job that has waited longest; None if none waits."""
        with self._transaction() as database:
            row = database.execute(
                "UPDATE jobs SET state = 'running', tries = tries + 1, started = ? WHERE number = "
                "(SELECT number FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1) RETURNING *",
                (time.time(),),
            ).fetchone()
        return None if row is None else _record(row)

    def finish(self, job: str, error: str = "") -> bool:
        """Record the end of a running job.

        Args:
            job: its id.
            error: one line if it failed.

        Returns:
            Whether the job was running; it may have been cancelled meanwhile.
        """
        with self._transaction() as database:
            done = database.execute(
                "UPDATE jobs SET state = ?, error = ?, finished = ? WHERE id = ? AND state = 'running'",
                ("failed" if error else "done", error, time.time(), job),
            )
        return done.rowcount > 0

    def cancel(self, job: str) -> State | None:
        """Cancel a job that waits or runs.

        Returns:
            Its state before; None if there is no such job.
        """
        with self._transaction() as database:
            row = database.execute("SELECT state FROM jobs WHERE id = ?", (job,)).fetchone()
            if row is None:
                return None
            database.execute(
                f"UPDATE jobs SET state = 'cancelled', finished = ? WHERE id = ? AND state IN {ACTIVE}",
                (time.time(), job),
            )
        state: State = row["state"]
        return state

    def put_back(self, job: str) -> None:
        """Return a running job to its place in the queue, as if it had not been started."""
        with self._transaction() as database:
            database.execute(
                "UPDATE jobs SET state = 'queued', tries = tries - 1, started = NULL "
                "WHERE id = ? AND state = 'running'",
                (job,),
            )

    def recover(self) -> None:
        """Queue the jobs again that ran when the server ended without warning; give up those of two tries."""
        with self._transaction() as database:
            database.execute(
                "UPDATE jobs SET state = 'failed', error = ?, finished = ? WHERE state = 'running' AND tries >= ?",
                (LOST, time.time(), MAX_TRIES),
            )
            database.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")

    def expired(self, before: float, keep: int) -> list[str]:
        """Return the ids of the finished jobs that need not be kept.

        Args:
            before: time; what finished before it is returned.
            keep: of the others, all but so many of the latest are returned too.
        """
        rows = self._rows(
            f"SELECT id, finished FROM jobs WHERE state NOT IN {ACTIVE} ORDER BY finished DESC, number DESC"
        )
        return [row["id"] for n, row in enumerate(rows) if n >= keep or row["finished"] < before]

    def remove(self, job: str) -> None:
        """Forget a job."""
        with self._transaction() as database:
            database.execute("DELETE FROM jobs WHERE id = ?", (job,))
