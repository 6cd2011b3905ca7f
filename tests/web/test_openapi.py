"""The interface, fuzzed by its own description."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from wav2lip.web.app import create_app
from wav2lip.web.limits import Limits
from wav2lip.web.server_settings import ServerSettings

pytestmark = pytest.mark.slow
EXAMPLES = 40  # requests of each route
counts: dict[int, int] = {}


@pytest.fixture(scope="module")
def interface(tmp_path_factory):
    """The schema of an application that renders nothing: jobs stay queued."""
    folder = tmp_path_factory.mktemp("openapi")
    app = create_app(
        ServerSettings(folder, allowed_hosts=("testserver",), limits=Limits(upload_mb=1))
    )
    yield schemathesis.openapi.from_asgi("/openapi.json", app)
    print(f"requests by status: {dict(sorted(counts.items()))}")
    app.state.service._checker.close()
    app.state.service.store.close()


schema = schemathesis.pytest.from_fixture("interface")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case):
    response = case.call_and_validate()
    counts[response.status_code] = counts.get(response.status_code, 0) + 1
