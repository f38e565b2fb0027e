# Four verbs and a few more; each line can be typed without make.
PYTHON ?= python3
BIN := .venv/bin
DATA ?=
SERVE ?= 1
DEMO_FLAGS := $(if $(DATA),--data $(DATA)) $(if $(filter 0,$(SERVE)),--no-serve)

.PHONY: install demo test check bench soak lock

install: .venv/installed

.venv/installed: requirements/lock.txt pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/lock.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch .venv/installed

demo: install
	$(BIN)/agridata demo $(DEMO_FLAGS)

test: install
	$(BIN)/pytest -q

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m benchmarks

soak: install
	AGRIDATA_SOAK=1 $(BIN)/pytest -q -m soak --timeout 7200

lock:
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --universal \
	  --python-version 3.11 --no-emit-index-url --no-header -o requirements/lock.txt
