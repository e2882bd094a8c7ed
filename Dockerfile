FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python -m venv /opt/borneout
COPY requirements.lock .
RUN /opt/borneout/bin/pip install --no-deps --require-hashes --requirement requirements.lock
COPY pyproject.toml .
COPY docs/method.md docs/method.md
COPY examples/alonso.ndjson examples/alonso.ndjson
COPY service service
RUN /opt/borneout/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/borneout/bin/pip install --no-deps /wheel/*.whl \
    && /opt/borneout/bin/pip check

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 borneout \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/borneout --shell /usr/sbin/nologin borneout \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/borneout
COPY --from=build /opt/borneout /opt/borneout
ENV PATH=/opt/borneout/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    BORNEOUT_DATA_DIR=/var/lib/borneout
USER 10001:10001
EXPOSE 8000
# Checks liveness, not readiness: a restart would not help if the database is unavailable.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from http.client import HTTPConnection as C; c = C('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status != 200)"]
CMD ["gunicorn", "-c", "python:service.operations.gunicorn_conf", "--bind", "0.0.0.0:8000"]
