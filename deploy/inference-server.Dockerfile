# The inference server: no TensorFlow, no Django, no root.
#   docker build -f deploy/inference-server.Dockerfile -t beatlens-inference-server .
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY requirements/shared.lock requirements/server.lock requirements/
COPY ecg ecg
COPY inference_server inference_server
# Every package by digest; only what the extra `server` needs.
RUN python -m venv /opt/beatlens \
 && /opt/beatlens/bin/pip install --no-cache-dir --require-hashes -r requirements/server.lock \
 && /opt/beatlens/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home beatlens
COPY --from=build /opt/beatlens /opt/beatlens
COPY models /models
USER 10001
# In a container the service has to listen beyond loopback. Plain text is then refused unless TLS and tokens are set, or
# BEATLENS_TRUSTED_NETWORK=true says that the network around it is protected; that choice is left to the deployment.
ENV BEATLENS_LISTEN=0.0.0.0:50051 \
    BEATLENS_METRICS_LISTEN=0.0.0.0:9464 \
    BEATLENS_MODELS=/models \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/beatlens/bin/python", "-m", "inference_server"]
