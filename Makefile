# The commands of the portal. Each does all its own set-up: Python 3.11 or newer is all that it needs.
# Variables: PORT, DATABASE_URL, REDIS_URL, DEMO_PASSWORD … (README.md, "Configuration").

VENV := .venv
BIN := $(VENV)/bin
STATE := $(or $(PORTAL_STATE_DIR),var)
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run check test coverage anyday lint format bench reset

help: ## 列出命令 / list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1	/' | expand -t 16

run: $(VENV)/.installed $(STATE)/secret $(STATE)/data-keys ## 安装并启动平台(演示区) / install and start the portal with its demo district
	@SECRET_KEY="$${SECRET_KEY:-$$(cat $(STATE)/secret)}" PORTAL_DATA_KEYS="$${PORTAL_DATA_KEYS:-$$(cat $(STATE)/data-keys)}" PORTAL_DEMO="$${PORTAL_DEMO:-1}" exec $(BIN)/python manage.py run_portal

check: $(VENV)/.installed-dev ## 检查代码并测试与 main 不同的部分(约三分钟) / lint, and the fast tests of what differs from main; BASE="v1.2" compares with another
	@exec $(BIN)/python .ci/check.py $(BASE)

test: $(VENV)/.installed-dev ## 检查代码并运行全部测试 / lint, then all tests that this machine can run
	@exec $(BIN)/python .ci/suite.py

coverage: $(VENV)/.installed-dev ## 快速测试对公共库和流程模块的覆盖率 / branch coverage of the library and of what changes states, by the fast tests
	@exec $(BIN)/python .ci/suite.py coverage

anyday: $(VENV)/.installed-dev ## 在元旦夜、闰日、国庆等时刻运行快速测试(不含浏览器、进程和性能测试) / the fast tests on other days (no browser, processes, benchmarks); WHEN="noon 2030-05-01T08:00" picks
	@exec $(BIN)/python .ci/suite.py anyday $(WHEN)

lint: $(VENV)/.installed-dev ## 只检查代码 / lint only
	@exec $(BIN)/python .ci/suite.py lint

format: $(VENV)/.installed-dev ## 整理代码格式 / format the code
	@$(BIN)/ruff check --fix-only --quiet . && $(BIN)/ruff format --quiet .

bench: $(VENV)/.installed-dev ## 性能测试(需要 PostgreSQL) / measure (needs PostgreSQL)
	@exec $(BIN)/python .ci/suite.py bench

reset: ## 删除本机数据(先询问) / delete the local data, after asking
	@printf '将删除 $(STATE)/ 里的数据库、任务队列、上传文件和数据密钥(DATABASE_URL 所指的库不删,但其中用该密钥加密的联系方式将无法读取)。输入 yes 确认: '; \
	read -r answer && test "$$answer" = yes && rm -rf -- "$(STATE)" && echo 已删除。 || { echo 未删除。; exit 1; }

$(STATE)/secret: | $(BIN)/python
	@mkdir -p $(STATE) && umask 077 && $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))' > $@

$(STATE)/data-keys: | $(BIN)/python
	@mkdir -p $(STATE) && umask 077 && $(BIN)/python -c 'import base64, secrets; print("k1:" + base64.b64encode(secrets.token_bytes(32)).decode())' > $@

$(BIN)/python:
	@python=; for name in python3.11 python3 python3.12 python3.13 python3.14; do \
	  if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; done; \
	if [ -z "$$python" ]; then echo '需要 Python 3.11 或更高版本。/ Python 3.11 or newer is needed.' >&2; exit 1; fi; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); \
	  echo '不能创建虚拟环境;Debian/Ubuntu 请先 apt-get install python3-venv。' >&2; exit 1; }

$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo '安装依赖 … / installing packages …'
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(BIN)/python
	@echo '安装依赖 … / installing packages …'
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/.installed
