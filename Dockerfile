# The image of web, worker, beat and the migration step: one image, four commands (docker-compose.yml).
FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --quiet -r requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORTAL_STATE_DIR=/data \
    PORTAL_STATIC_ROOT=/app/collected
# What lays out PDFs, and a font for them; fontconfig writes the list of fonts, which our user could not.
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin portal \
    && install --directory --owner=portal --group=portal /app /app/collected /data
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
# The secrets of this step sign and encrypt nothing: they only let the settings load.
RUN SECRET_KEY=only-for-collecting-static-files-at-build-time PORTAL_DATA_KEYS=build:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= python manage.py collectstatic --noinput --verbosity 0 --ignore redoc
USER portal
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "suzhou_portal.wsgi", "--bind", "0.0.0.0:8000"]
