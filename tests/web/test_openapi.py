"""The interface, fuzzed by its own description."""

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from wav2lip.web.app import create_app
from wav2lip.web.limits import Limits
from wav2lip.web.server_settings import ServerSettings

EXAMPLES = (
    50  # requests of each route; random bytes fit the schema of a file, and are rightly refused
)


@pytest.mark.slow
def test_every_answer_is_as_described(tmp_path):
    limits = Limits(upload_mb=1)
    app = create_app(ServerSettings(tmp_path, allowed_hosts=("testserver",), limits=limits))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    counts: Counter[int] = Counter()
    operations = [found.ok() for found in schema.get_all_operations()]
    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case):
            response = case.call_and_validate(excluded_checks=[positive_data_acceptance])
            counts[response.status_code] += 1
            assert response.status_code < 500

        check()
    print(f"{len(operations)} routes, requests by status: {dict(sorted(counts.items()))}")
    assert len(operations) >= 11
    assert counts.total() >= 20 * len(operations)
