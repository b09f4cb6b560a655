# The portal and its worker: no TensorFlow, no model runtime, no root.
#   docker build -f deploy/portal.Dockerfile -t beatlens-portal .
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml requirements.lock README.md LICENSE NOTICE ./
COPY inference_server inference_server
COPY webportal webportal
# The constraints pin everything; only the portal and its database driver are installed.
RUN python -m venv /opt/beatlens \
 && /opt/beatlens/bin/pip install --no-cache-dir -c requirements.lock '.[portal,postgresql]' \
 && /opt/beatlens/bin/pip uninstall --yes --quiet beatlens

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home beatlens \
 && install -d -o beatlens -m 0700 /var/lib/beatlens /var/lib/beatlens/media
COPY --from=build /opt/beatlens /opt/beatlens
WORKDIR /srv/beatlens
COPY manage.py ./
COPY inference_server inference_server
COPY webportal webportal
COPY samples samples
COPY docs/users.md docs/users.de.md docs/
ENV DJANGO_SETTINGS_MODULE=webportal.settings.production \
    BEATLENS_VAR_DIR=/var/lib/beatlens \
    BEATLENS_MEDIA_DIR=/var/lib/beatlens/media \
    PATH=/opt/beatlens/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# The key and the names are for this step alone; nothing of them stays in the image.
RUN BEATLENS_SECRET_KEY=only-for-collecting-static-files BEATLENS_ALLOWED_HOSTS=localhost \
    BEATLENS_DATABASE_URL=sqlite:////tmp/none python manage.py collectstatic --noinput --verbosity 0
USER 10001
# Health and metrics. Only the networks of the containers reach this port; it is never published.
ENV BEATLENS_INTERNAL_LISTEN=0.0.0.0:9465
EXPOSE 8000 9465
STOPSIGNAL SIGTERM
CMD ["gunicorn", "webportal.wsgi:application", "--config", "python:webportal.gunicorn_conf", \
     "--bind", "0.0.0.0:8000", "--workers", "3", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
