PYTHON ?= python3
comma := ,
VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.installed-base
STAMP := $(VENV)/.installed
# Python compiles the modules that are imported when they are; pip would compile all 25,000, for over a minute.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
unexport PYTHONDONTWRITEBYTECODE
CLIPS ?= data
WORDS ?=
BUNDLED := runs/bundled
# What geometry learns from: with the videos of WORDS, if there are any.
GEOMETRY := data.manifests=[$(BUNDLED)/clips$(if $(WORDS),$(comma)$(BUNDLED)/words)]
# One test process per core, one thread per process: threads of several processes only wait for each other.
PYTEST := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: demo test test-slow lint docs bundled-models lock clean

demo: $(BASE)  ## install what inference requires, render videos of the sample portraits, print their paths
	$(BIN)/python infer.py --image data/astronaut.jpg --audio data/speech.wav --output demo.mp4 --strip demo.png
	$(BIN)/python infer.py --image data/hopper.jpg --audio data/speech.wav --output demo_closed_lips.mp4
	@echo "The video: $(CURDIR)/demo.mp4 (a strip of its frames: demo.png)"
	@echo "           $(CURDIR)/demo_closed_lips.mp4: of a photo that shows no teeth"
	@echo "Play it:   open it with any player, e.g. xdg-open demo.mp4 (macOS: open demo.mp4)"

test: $(STAMP) lint  ## style, types and the quick tests with their coverage
	$(PYTEST) --cov

test-slow: $(STAMP)  ## the slow tests
	$(PYTEST) -m slow

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The base install in the versions of the lock; setuptools builds the package, since no build environment is made.
$(BASE): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --constraint requirements.txt setuptools
	$(PIP) --constraint requirements.txt --no-build-isolation -e .
	touch $(BASE)

# All extras: the rest of the lock, into the same environment.
$(STAMP): $(BASE)
	$(PIP) -r requirements.txt
	touch $(STAMP)

docs: $(STAMP)  ## the documentation site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

bundled-models: $(BUNDLED)/wav2lip.safetensors  ## train the bundled generator from a folder of videos, CLIPS, and one of short videos, WORDS; resumes
	@echo "processor time per step (user, system):"; cat $(BUNDLED)/times.txt
	@echo "The generator: $(CURDIR)/$<"

# Runs a step and appends what it cost to times.txt; a step that was interrupted adds a line when it resumes. `times` counts
# the shell's own children, so it must not run in a subshell.
step = mkdir -p $(BUNDLED) && { $(2) ; status=$$?; times > $(BUNDLED)/step.txt; \
	echo "$(1) $$(tail -n 1 $(BUNDLED)/step.txt)" >> $(BUNDLED)/times.txt; rm $(BUNDLED)/step.txt; exit $$status; }

$(BUNDLED)/preprocessed: | $(STAMP)
	$(call step,preprocess,$(BIN)/wav2lip preprocess input=$(CLIPS) output=$(BUNDLED)/clips clip.image_size=192)
	touch $@

$(BUNDLED)/audited: $(BUNDLED)/preprocessed
	$(call step,audit,$(BIN)/wav2lip audit $(BUNDLED)/clips expert=bundled:judge fix=true min_agreement=0.8)
	touch $@

# Too short to be audited: only what learns geometry reads them.
$(BUNDLED)/words_preprocessed: | $(STAMP)
	$(call step,words,$(BIN)/wav2lip preprocess input=$(WORDS) output=$(BUNDLED)/words audit=off)
	touch $@

$(BUNDLED)/mesh_expert: $(BUNDLED)/audited $(if $(WORDS),$(BUNDLED)/words_preprocessed)
	$(call step,mesh_expert,$(BIN)/wav2lip train experiment=bundled/mesh_expert "$(GEOMETRY)")
	touch $@

$(BUNDLED)/lip_motion: $(BUNDLED)/mesh_expert
	$(call step,lip_motion,$(BIN)/wav2lip train experiment=bundled/lip_motion "$(GEOMETRY)")
	touch $@

$(BUNDLED)/mesh_generator: $(BUNDLED)/lip_motion
	$(call step,mesh_generator,$(BIN)/wav2lip train experiment=bundled/mesh_generator "data.manifests=[$(BUNDLED)/clips]")
	touch $@

$(BUNDLED)/wav2lip.safetensors: $(BUNDLED)/mesh_generator
	$(BIN)/wav2lip export runs/bundled_mesh_generator/checkpoints/best.ckpt $@ --motion_gain 1.35
	$(BIN)/wav2lip export $@ $(BUNDLED)/wav2lip.onnx

lock:  ## update requirements.txt from the ranges in pyproject.toml (requires uv)
	uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --extra dev pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV) site demo.mp4 demo_closed_lips.mp4 demo.png
