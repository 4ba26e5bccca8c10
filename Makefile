# The commands of a newcomer. Everything lives in .venv in this folder, and in .venv-bench.
PYTHON ?= python3
UV_VERSION := 0.13.9
READY := .venv/.ready
BENCH_READY := .venv-bench/.ready
SWEEP ?= quickstart

.PHONY: help install sweep cluster test lint bench clean

help:
	@echo "make sweep    make the environment and run a real sweep of spiking networks on MNIST"
	@echo "make cluster  start all services of docker/ on this machine, run SWEEP=quickstart on them with"
	@echo "              ARGS=\"--trials 4\", stop them; SWEEP= leaves them running until Ctrl-C"
	@echo "make test     make the environment and run the tests"
	@echo "make install  make the environment in .venv; nothing when it is up to date"
	@echo "make lint     format check, lint, types, layers"
	@echo "make bench    install other libraries, too, and measure speed and memory beside them"

install: $(READY)

$(READY): pyproject.toml constraints.txt
	@echo "making the environment in .venv: more than a hundred packages, some minutes"
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --constraint constraints.txt --editable ".[dev]"
	@touch $@

sweep: install
	.venv/bin/spikesweep run quickstart

cluster: install
	PYTHONPATH=docker .venv/bin/python -m native $(SWEEP) $(ARGS)

# Three at a time on two cores: the tests of sweeps wait for processes half of the time. They start
# hundreds of processes: none shall compile our files again, even where PYTHONDONTWRITEBYTECODE is set.
test: install
	.venv/bin/python -m compileall -q snn sweep analysis tests
	env -u PYTHONDONTWRITEBYTECODE .venv/bin/pytest --numprocesses 3 --dist loadfile

lint: install
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports

# The other libraries bring packages that change what ours do: they get an environment of their own.
$(BENCH_READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	.venv-bench/bin/uv pip install --quiet --compile-bytecode --python .venv-bench/bin/python --constraint constraints.txt --editable ".[dev,bench]"
	@touch $@

bench: $(BENCH_READY)
	.venv-bench/bin/python -m tests.benchmarks

clean:
	rm -rf .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .hypothesis
