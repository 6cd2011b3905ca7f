PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CLIPS ?= data/clips
# One test process per core, one thread per process: threads of several processes only wait for each other.
PYTEST := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: demo test test-slow lint docs default-model lock clean

demo: $(STAMP)  ## install, render a video of the sample portrait, print its path
	$(BIN)/python infer.py --image data/astronaut.jpg --audio data/speech.wav --output demo.mp4 --strip demo.png
	@echo "The video: $(CURDIR)/demo.mp4 (a strip of its frames: demo.png)"
	@echo "Play it:   open it with any player, e.g. xdg-open demo.mp4 (macOS: open demo.mp4)"

test: $(STAMP) lint  ## style, types and the quick tests with their coverage
	$(PYTEST) --cov

test-slow: $(STAMP)  ## the slow tests
	$(PYTEST) -m slow

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

$(STAMP): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)

docs: $(STAMP)  ## the documentation site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

default-model: $(STAMP)  ## train the bundled generator from preprocessed CLIPS (hours); resumes if interrupted
	for step in syncnet bundled/mouth_code bundled/mouth_code_audio bundled/mouth_code_joint bundled/generator; do \
		$(BIN)/python train.py experiment=$$step "data.manifests=[$(CLIPS)]" || exit; \
	done
	$(BIN)/wav2lip export runs/bundled_generator/checkpoints/last.ckpt \
		default_model.safetensors --motion_gain 1.5

lock:  ## update requirements.txt from the ranges in pyproject.toml (requires uv)
	uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --extra dev pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV) site demo.mp4 demo.png
