import asyncio

import httpx
import pytest

from tests.web.running_server import PATIENCE, RunningServer
from tests.web.test_server import FACE, speech
from wav2lip.web.events import EventStreams
from wav2lip.web.job_view import JobView
from wav2lip.web.request_error import RequestError


def _job(state="queued"):
    return JobView(id="a", kind="video", state=state, created=0.0)


def test_a_hundred_clients_follow_one_job_and_one_more_is_refused():
    state = ["queued"]

    async def read(stream):
        return [event async for event in stream]

    async def follow():
        streams = EventStreams(100)
        opened = [streams.follow(lambda: _job(state[0])) for _ in range(100)]
        reading = [asyncio.create_task(read(stream)) for stream in opened]
        await asyncio.sleep(0.1)
        with pytest.raises(RequestError, match="100 clients follow jobs, the limit of this server"):
            streams.follow(_job)
        state[0] = "done"
        found = await asyncio.gather(*reading)
        streams.follow(_job)  # they are closed
        return found

    found = asyncio.run(follow())
    assert [len(events) for events in found] == [2] * 100
    assert all('"state":"done"' in events[-1] for events in found)


def test_a_job_that_does_not_exist_is_refused_at_once():
    def look():
        raise RequestError(404, "there is no such job")

    with pytest.raises(RequestError, match="there is no such job"):
        EventStreams(1).follow(look)


@pytest.mark.slow
def test_a_hundred_connections_follow_a_job_while_others_are_served(tmp_path):
    words = ("--event_streams", "100")
    with RunningServer(tmp_path / "files", *words) as server:
        jobs = [server.send(FACE.read_bytes(), speech(8)).json()["id"] for _ in range(2)]
        path = f"/v1/jobs/{jobs[1]}/events"

        async def follow(client):
            async with client.stream("GET", path) as answer:
                assert answer.status_code == 200
                opened.append(1)
                return [line async for line in answer.aiter_lines() if line.startswith("data: ")]

        async def everybody():
            limits = httpx.Limits(max_connections=200)
            async with httpx.AsyncClient(
                base_url=server.url, timeout=PATIENCE, limits=limits
            ) as client:
                following = [asyncio.create_task(follow(client)) for _ in range(100)]
                while len(opened) < 100:
                    await asyncio.sleep(0.05)
                await asyncio.sleep(1)
                assert (await client.get("/health")).status_code == 200
                refused = await client.get(path)
                assert (await client.delete(f"/v1/jobs/{jobs[1]}")).status_code == 200
                return refused, await asyncio.gather(*following)

        opened: list[int] = []
        refused, found = asyncio.run(everybody())
        assert refused.status_code == 429
        assert len(found) == 100
        assert all('"state":"cancelled"' in lines[-1] for lines in found)
        server.client.delete(f"/v1/jobs/{jobs[0]}")
    assert "Traceback" not in server.log.read_text()
