# make setup    .venv with everything below, from the pinned locks (a no-op when it is there)
# make demo     a whole platform on a local AWS: plan, converge, converge again, take down
# make test     every test and every judge; make test JOB=unit runs one, make test JOB="lint molecule" groups
# make lint     the judges alone
# make docs     the reference of modules, roles and plugins as a site in docs/_build/html
# make twin     start the local AWS and write .twin.env; make twin-stop ends it
# make lock     resolve requirements-dev.txt anew
# make clean    remove what the above made, but for .venv and .cache; make distclean removes those too

PYTHON ?= python3
VENV := .venv/bin
JOB ?=

.PHONY: setup demo test lint docs twin twin-stop lock clean distclean

setup:
	@$(PYTHON) scripts/setup.py

demo: setup
	@scripts/demo.sh

test: setup
	@$(VENV)/python scripts/test.py $(JOB)

lint: setup
	@$(VENV)/python scripts/test.py lint

docs: setup
	@scripts/docs.sh

twin: setup
	@$(VENV)/python -m twin start

twin-stop: setup
	@$(VENV)/python -m twin stop

lock: setup
	@scripts/lock.sh

clean:
	@rm -rf .test .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis docs/_build stackwright-aws-*.tar.gz
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean
	@rm -rf .venv .cache .twin .twin.env
