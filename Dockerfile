# One image for web, workers, clock and migrations: the command says which (see k8s/base).
#   docker build --tag lucky-gas:0.1.0 .
# `make image-rehearsal` follows these very steps without Docker. docs/operation.md says how the base is pinned
# by digest.
ARG BASE=python:3.11.13-slim-bookworm

# -- What is needed from outside: the lock, and nothing that the lock does not know -------------------------
FROM ${BASE} AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.txt requirements/dev.txt ./
RUN python -m venv /venv
# Wheels only: no compiler here or later.
RUN /venv/bin/pip install --quiet --no-compile --no-deps --require-hashes --only-binary :all: --requirement requirements.txt
# Babel compiles the messages and stays behind; its hashes are in the lock of the development.
RUN awk '/^babel==/ {on = 1} on {print} on && !/\\$/ {exit}' dev.txt > babel.txt && /venv/bin/pip install --quiet --no-compile --no-deps --require-hashes --only-binary :all: --target /tools --requirement babel.txt
RUN /venv/bin/pip uninstall --quiet --yes pip setuptools && find /venv/lib -type d -name tests -prune -exec rm -r {} +
# The house speaks Chinese and English.
RUN find /venv/lib -name '*.po' -delete && find /venv/lib -path '*/locale/*' -name '*.mo' ! -path '*/locale/en*' ! -path '*/locale/zh*' -delete
# What is read-only cannot keep bytecode later. Large packages of which little is ever imported go without.
RUN /venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash -x '/(twilio|fontTools|holidays)/' /venv/lib

# -- The house: .dockerignore lets in what it is made of, and no test, sandbox or launcher ------------------
FROM packages AS house
WORKDIR /app
COPY . .
RUN PYTHONPATH=/tools PYTHONDONTWRITEBYTECODE=1 /venv/bin/python -m deployment.messages compile
# Nothing of the build's environment stays: the names below have no value in the image.
RUN PYTHONDONTWRITEBYTECODE=1 SECRET_KEY=of-the-build-only DATABASE_URL=postgres://nobody@127.0.0.1:9/none REDIS_URL=redis://127.0.0.1:9/0 LUCKYGAS_STATIC_DIR=/app/staticfiles /venv/bin/python manage.py collectstatic --no-input --verbosity 0
RUN rm -r deployment/messages deployment/tree.py requirements requirements.txt && find . -name '*.po' -delete
# Uploads are nobody else's business, so the settings give new files 0640; these are everybody's.
RUN /venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash . && chmod -R u=rwX,go=rX .

# -- What runs ----------------------------------------------------------------------------------------------
FROM ${BASE}
LABEL org.opencontainers.image.title="Lucky Gas" org.opencontainers.image.licenses="MIT"
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONUTF8=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
ENV LUCKYGAS_BIND=0.0.0.0:8000 LUCKYGAS_DATA_DIR=/data LUCKYGAS_STATIC_DIR=/app/staticfiles
ENV LUCKYGAS_HEARTBEAT=/tmp/alive
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=house /app /app
# Whoever runs it may write here and in /tmp, and nowhere else: the rest bears a read-only root.
RUN install -d -m 1777 /data
VOLUME /data
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s CMD ["python", "-m", "luckygas.alive", "web"]
CMD ["gunicorn", "-c", "deployment/gunicorn.py", "luckygas.wsgi"]
