# The portal and its worker: no TensorFlow, no model runtime, no root.
#   docker build -f deploy/portal.Dockerfile -t beatlens-portal .
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY requirements/shared.lock requirements/portal.lock requirements/
COPY ecg ecg
COPY inference_server inference_server
COPY webportal webportal
# Every package by digest; only what the portal and its database driver need.
RUN python -m venv /opt/beatlens \
 && /opt/beatlens/bin/pip install --no-cache-dir --require-hashes -r requirements/portal.lock \
 && /opt/beatlens/bin/pip install --no-deps --no-build-isolation . \
 && /opt/beatlens/bin/pip uninstall --yes --quiet beatlens

FROM python:3.11-slim
# pg_dump and its like are for `manage.py backup` and `restore`.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --no-create-home beatlens \
 && install -d -o beatlens -m 0700 /var/lib/beatlens /var/lib/beatlens/media
COPY --from=build /opt/beatlens /opt/beatlens
WORKDIR /srv/beatlens
COPY manage.py ./
COPY ecg ecg
COPY inference_server inference_server
COPY webportal webportal
COPY samples samples
COPY docs/api.md docs/users.md docs/users.de.md docs/
ENV DJANGO_SETTINGS_MODULE=webportal.settings.production \
    BEATLENS_VAR_DIR=/var/lib/beatlens \
    BEATLENS_MEDIA_DIR=/var/lib/beatlens/media \
    PATH=/opt/beatlens/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# Before the static files are collected: only who has made them may read them.
USER 10001
# The key and the names are for this step alone; nothing of them stays in the image.
RUN BEATLENS_SECRET_KEY=$(python -c "import secrets; print(secrets.token_urlsafe(64))") \
    BEATLENS_ALLOWED_HOSTS=localhost BEATLENS_DATABASE_URL=sqlite:////tmp/none \
    python manage.py collectstatic --noinput --verbosity 0
# Health and metrics are for the networks of the containers; the port is never published. Logs are for machines.
ENV BEATLENS_INTERNAL_LISTEN=0.0.0.0:9465 \
    BEATLENS_LOG_FORMAT=json
EXPOSE 8000 9465
STOPSIGNAL SIGTERM
CMD ["gunicorn", "webportal.wsgi:application", "--config", "python:webportal.gunicorn_conf", \
     "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
