PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CLIPS ?= data/clips

.PHONY: demo test test-slow lint default-model lock clean

demo: $(STAMP)  ## install, make the sample portrait speak, say where the video is
	$(BIN)/python infer.py --image data/astronaut.jpg --audio data/speech.wav --output demo.mp4 --strip demo.png
	@echo "The video: $(CURDIR)/demo.mp4 (a strip of its frames: demo.png)"
	@echo "Play it:   open it with any player, e.g. xdg-open demo.mp4 (macOS: open demo.mp4)"

test: $(STAMP) lint  ## style, types and the quick tests
	$(BIN)/python -m pytest

test-slow: $(STAMP)  ## the slow tests
	$(BIN)/python -m pytest -m slow

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

$(STAMP): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

default-model: $(STAMP)  ## the bundled generator from preprocessed CLIPS, in hours; goes on where it stopped
	for step in syncnet bundled/mouth_code bundled/mouth_code_audio bundled/mouth_code_joint bundled/generator; do \
		$(BIN)/python train.py experiment=$$step "data.manifests=[$(CLIPS)]" || exit; \
	done
	$(BIN)/wav2lip export runs/bundled_generator/checkpoints/last.ckpt \
		default_model.safetensors --motion_gain 1.5

lock:  ## requirements.txt anew from the ranges in pyproject.toml (needs uv)
	uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --extra dev pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV) demo.mp4 demo.png
