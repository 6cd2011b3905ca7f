import logging
import time

import pytest

from wav2lip.callbacks import LoaderWatchdog
from wav2lip.callbacks.loader_watchdog import waiting_share


def test_the_longest_waits_are_left_out():
    waits = [0.01] * 19 + [5.0]  # one checkpoint written between two steps
    assert waiting_share(waits, [0.03] * 20) == pytest.approx(0.25)


@pytest.mark.parametrize("slow", [True, False])
def test_a_loader_slower_than_the_device_gives_a_warning(scripted, loaders, trainer, caplog, slow):
    train, val = loaders
    read = type(train.dataset).__getitem__

    class Slow(type(train.dataset)):
        def __getitem__(self, index) -> dict:
            time.sleep(0.01)
            return read(self, index)

    class Heavy(scripted):
        def training_step(self, batch, index):
            time.sleep(0.05)
            return super().training_step(batch, index)

    if slow:
        train.dataset.__class__ = Slow
    task = (scripted if slow else Heavy)(validations=[{"val/l1": 0.0}])
    watchdog = LoaderWatchdog(warmup=2, steps=5, limit=0.3)
    with caplog.at_level(logging.WARNING):
        trainer(12, watchdog).fit(task, train, val)
    assert watchdog.share is not None
    assert (watchdog.share > 0.3) is slow
    messages = [
        r.getMessage() for r in caplog.records if "slower than the device" in r.getMessage()
    ]
    assert len(messages) == int(slow)
    if slow:
        assert "data.num_workers is 0" in messages[0]
