import json

import pytest

from wav2lip.errors import InputError
from wav2lip.inference.settings import Settings
from wav2lip.web.job_options import JobOptions


def test_options_survive_the_queue():
    chosen = '{"fps": 30, "crop": [0, 10, 0, 10], "faces": "all"}'
    options = JobOptions.from_form({"settings": chosen, "check_sync": "false"})
    again = JobOptions.from_plain(json.loads(json.dumps(options.to_plain())))
    assert not again.check_sync
    assert again.settings() == Settings(fps=30, crop=(0, 10, 0, 10), faces="all", cache=False)
    assert JobOptions.from_form({}) == JobOptions({}, check_sync=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("[]", "must be a JSON object"),
        ("{", "must be a JSON object"),
        ("[" * 100_000, "must be a JSON object"),
        ('{"fpss": 1}', "'fpss' is unknown; did you mean fps?"),
        ('{"detector_weights": "/etc/passwd"}', "is unknown"),
        ('{"engine": "torch"}', "is unknown"),
        ('{"fps": 0}', "fps must be 1 to 240, not 0"),
        ('{"fps": NaN}', "fps must be 1 to 240, not nan"),
        ('{"fps": ' + "9" * 400 + "}", "fps must be at most 100000"),
        ('{"fps": ' + "9" * 5000 + "}", "must be a JSON object"),
        ('{"crop": [1, 2]}', "crop must be four numbers"),
        ('{"crop": [5, 5, 0, -1]}', "is empty"),
        ('{"pads": [0, 1e300, 0, 0]}', "pads must be at most"),
        ('{"static": "yes"}', "static must be true or false"),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?").replace("[", r"\[")):
        JobOptions.from_form({"settings": settings})


def test_a_bad_flag_is_named():
    with pytest.raises(InputError, match="check_sync: must be true or false, not 'maybe'"):
        JobOptions.from_form({"check_sync": "maybe"})
