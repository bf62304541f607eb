# syntax=docker/dockerfile:1
# Three stages: the first builds the pages, the second the environment from the hash-checked locks, the last runs both.

FROM node:24.19.0-slim AS web
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY web ./
RUN npm run build

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY requirements-uv.lock requirements-dev.lock requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: --no-deps --requirement requirements-uv.lock \
 && uv venv /opt/bilten \
 && uv pip sync --no-cache --python /opt/bilten/bin/python --require-hashes requirements.lock \
 && uv venv /opt/tools \
 && uv pip sync --no-cache --python /opt/tools/bin/python --require-hashes requirements-dev.lock
COPY . .
COPY --from=web /build/bilten/web/assets bilten/web/assets
# The wheel is built by the build backend of the development lock, so that nothing unchecked is fetched.
RUN uv build --wheel --no-build-isolation --python /opt/tools/bin/python --out-dir /build/dist \
 && uv pip install --no-cache --python /opt/bilten/bin/python --no-deps /build/dist/*.whl

FROM python:3.11-slim
ENV PATH=/opt/bilten/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BILTEN_ENV=production \
    BILTEN_HOST=0.0.0.0 \
    BILTEN_PORT=8000 \
    BILTEN_HOME=/var/lib/bilten
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/bilten bilten
COPY --from=build /opt/bilten /opt/bilten
USER 10001
WORKDIR /var/lib/bilten
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"BILTEN_PORT\"]}/healthz', timeout=2)"]
CMD ["bilten", "serve"]
