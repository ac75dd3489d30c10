# `make run` needs git, make and Python 3.11 or newer, and nothing else.

# The first Python that is new enough; else python3, so that the error names its version.
PYTHON := $(or $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$python >/dev/null 2>&1 \
	&& $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$python && break; done 2>/dev/null),python3)
BIN := .venv/bin

.PHONY: run test lint check bench chaos fuzz api-fuzz format install install-dev lock messages

run: install
	@exec $(BIN)/python -m project.supervisor --tied

# loadgroup hands tests out one by one and in order, so that no worker is left with the long ones, nor
# starts the stack of the browser tests twice.
test: install-dev lint check
	@$(BIN)/pytest -n auto --dist loadgroup

lint: install-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2

check: install-dev
	@$(BIN)/mypy .
	@PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/tsc --project jsconfig.json

bench: install-dev
	@$(BIN)/python -m bench

chaos: install-dev
	@$(BIN)/python -m bench.chaos

fuzz: install-dev
	@$(BIN)/python -m bench.fuzz $(if $(operations),--operations $(operations))

# The tests of the API's schema with many more examples. make api-fuzz examples=1000
api-fuzz: install-dev
	@API_EXAMPLES=$(or $(examples),200) $(BIN)/pytest -q -n auto tests/api/test_schema.py

format: install-dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@git ls-files -z 'templates/*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

install:
	@$(PYTHON) project/bootstrap.py

install-dev:
	@$(PYTHON) project/bootstrap.py --dev

# Hashes of every platform's files, and no index, so that the lock files work anywhere.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--strip-extras --allow-unsafe --no-emit-options

lock: install-dev
	$(COMPILE) -o requirements/run.txt pyproject.toml
	$(COMPILE) --extra dev -c requirements/run.txt -o requirements/dev.txt pyproject.toml
	$(COMPILE) -o requirements/node.txt requirements/node.in
	npm install --package-lock-only --ignore-scripts

# Needs gettext on the system; afterwards, translate what is empty or fuzzy.
messages: install-dev
	@$(BIN)/python manage.py makemessages --locale zh_Hans --add-location file --no-obsolete \
		$(foreach path,.venv node_modules data static tests bench,--ignore $(path))
