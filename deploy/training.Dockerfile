# Training on a remote machine, or one worker of several: everything but the recordings and the results, which are mounted.
#   make train-image
#   docker run --rm -v /path/to/mitdb:/data/mitdb:ro -v $PWD/work:/work beatlens-training prepare
#   docker run --rm -v $PWD/work:/work beatlens-training train --config /app/training/recipes/experiments/beats-10fold.last.yaml
# Several machines: the same on each, with --network=host, -e TF_CONFIG=... and --strategy multiworker.
FROM python:3.11-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY requirements/shared.lock requirements/server.lock requirements/science.lock requirements/training.lock requirements/
COPY ecg ecg
COPY inference_server inference_server
COPY training training
RUN python -m venv /opt/beatlens \
 && /opt/beatlens/bin/pip install --no-cache-dir --require-hashes -r requirements/training.lock \
 && /opt/beatlens/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home beatlens \
 && install --directory --owner beatlens /work
COPY --from=build /opt/beatlens /opt/beatlens
COPY training/recipes/served /app/training/recipes/served
COPY training/recipes/experiments /app/training/recipes/experiments
USER 10001
# Prepared pictures, runs and models are written below the working directory.
WORKDIR /work
ENV MITDB_DIR=/data/mitdb \
    VFDB_DIR=/data/vfdb \
    PTBXL_DIR=/data/ptbxl \
    CPSC2018_DIR=/data/cpsc2018 \
    LUDB_DIR=/data/ludb \
    QTDB_DIR=/data/qtdb \
    ECGIDDB_DIR=/data/ecgiddb \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/beatlens/bin/python", "-m", "training"]
