import logging

import pytest

from wav2lip.checkpoints.bundled import GENERATOR
from wav2lip.checkpoints.exported import load_exported
from wav2lip.inference.build import build_renderer
from wav2lip.inference.settings import Settings


def test_settings_that_a_generator_does_not_have_are_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    generator = load_exported(GENERATOR.with_suffix(".onnx"))
    assert build_renderer(generator, "cpu", Settings(engine="onnxruntime"))[1] == []
    settings = Settings(engine="onnxruntime", pads=(0, 60, 0, 0), blend="poisson")
    with caplog.at_level(logging.WARNING):
        _, warnings = build_renderer(generator, "cpu", settings)
    assert len(warnings) == 1
    assert warnings[0].endswith(
        "wav2lip.onnx: moves a mesh; pads, blend of the settings have no effect"
    )
    assert warnings[0] in caplog.text
    aligned = Settings(engine="onnxruntime", face_crop="aligned")
    assert build_renderer(generator, "cpu", aligned)[1] == []
