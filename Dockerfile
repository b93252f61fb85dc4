# syntax=docker/dockerfile:1
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/wismo
# The lock first: a change of code does not fetch the dependencies again.
WORKDIR /src
COPY requirements.lock ./
RUN /opt/wismo/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY rules rules
COPY sinks sinks
COPY streams streams
COPY dashboard dashboard
COPY cli cli
RUN /opt/wismo/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
LABEL org.opencontainers.image.title="wismo" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/wismo/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    WISMO_DATA_DIR=/data WISMO_METRICS_HOST=0.0.0.0 WISMO_LOG_JSON=true \
    HEALTH_URL=http://127.0.0.1:9101/livez
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin wismo && install -d -o wismo -g wismo /data
COPY --from=build /opt/wismo /opt/wismo
USER 10001:10001
WORKDIR /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(os.environ['HEALTH_URL'], timeout=4)"]
CMD ["python", "-m", "streams.worker"]
