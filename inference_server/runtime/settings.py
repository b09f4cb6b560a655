"""Every setting of the server: one typed field each, read from ``BEATLENS_<NAME>`` in the environment."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from ecg.pictures.decoding import ImageLimits


def available_cpus() -> int:
    """CPUs that this process may use: its affinity mask, cut down to the control group's quota; at least 1."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_cpus(Path("/sys/fs/cgroup"))
    return cpus if quota is None else max(1, min(cpus, math.ceil(quota)))


#: One front takes about 0.6 ms of CPU for a call and a worker 0.9 ms, so that a front has enough to do with the workers
#: of two more CPUs; with half as many fronts again, connections that meet on one front still find workers idle.
_CPUS_A_FRONT: Final = 4


def default_fronts() -> int:
    """A front for every four CPUs, at least one."""
    return max(1, available_cpus() // _CPUS_A_FRONT)


def _cgroup_cpus(root: Path) -> float | None:
    """CPUs that a control group (version 2, then version 1) grants; None where there is no limit."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (root / "cpu" / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    try:
        return int(quota) / int(period) if int(quota) > 0 else None
    except (ValueError, ZeroDivisionError):  # "max": no limit
        return None


#: Room for the other fields of a request beside a picture of the largest size.
_ENVELOPE_BYTES: Final = 64 * 1024


class Settings(BaseSettings):
    """The server's settings. Each has a default that works on one machine."""

    model_config = SettingsConfigDict(env_prefix="BEATLENS_", extra="ignore", frozen=True)

    listen: str = Field(
        default="127.0.0.1:50051", description="Address and port of the gRPC service; port 0 takes a free one."
    )
    models: Path = Field(default=Path("models"), description="Model repository: a folder with a folder for each model.")
    model_name: str = Field(
        default="arrhythmia", min_length=1, description="The model to serve: a folder in the repository."
    )
    model_versions: str = Field(
        default="latest",
        pattern=r"^(latest|all|[1-9][0-9]{0,8}(,[1-9][0-9]{0,8})*)$",
        description="Versions in service: latest, all, or numbers separated by commas.",
    )
    recording_model_name: str = Field(
        default="arrhythmia-recording",
        min_length=1,
        description="The model for recordings: a folder in the repository. Without it recordings are refused.",
    )
    recording_model_versions: str = Field(
        default="latest",
        pattern=r"^(latest|all|[1-9][0-9]{0,8}(,[1-9][0-9]{0,8})*)$",
        description="Versions of the model for recordings in service, as `BEATLENS_MODEL_VERSIONS`.",
    )
    page_model_name: str = Field(
        default="ecg-page",
        min_length=1,
        description="The model for strips and pages: a folder in the repository. A worker loads its newest version "
        "with the first page. Without one they are read by their ink alone.",
    )
    recording_workers: int = Field(
        default_factory=available_cpus,
        ge=1,
        le=256,
        description="Worker processes for recordings, started when there is a model for them; pictures go first.",
    )
    max_recordings: int = Field(
        default=8, ge=1, le=10_000, description="Recordings analysed at once; more are refused."
    )
    max_caller_recordings: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="Recordings analysed at once for one caller, known by token or else by address.",
    )
    # Places of beats are 32-bit numbers, at 360 a second.
    max_recording_seconds: float = Field(
        default=14 * 86_400, ge=1, le=60 * 86_400, description="Longest recording, gaps included, seconds."
    )
    recording_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024 * 1024,
        description="Samples of recordings that may be held, waiting and with workers, bytes; beyond it callers are "
        "slowed down.",
    )
    recording_memory_bytes: int = Field(
        default=1024 * 1024 * 1024,
        ge=256 * 1024 * 1024,
        description="Memory that a worker may take for a part of a recording, beyond what it holds with its models, "
        "bytes.",
    )
    segment_seconds: float = Field(
        default=120.0,
        ge=1,
        le=3600,
        description="Longest time that a worker may go without an answer while it has parts of recordings; then it is "
        "replaced.",
    )
    reload_seconds: float = Field(
        default=5.0, ge=0, le=86_400, description="Time between looks for new versions on disk, seconds; 0: never look."
    )
    workers: int = Field(
        default_factory=available_cpus,
        ge=1,
        le=256,
        description="Worker processes; each works on one picture at a time.",
    )
    fronts: int = Field(
        default_factory=default_fronts,
        ge=1,
        le=64,
        description="Processes that take calls on the one port, never more than there are workers: each has its part "
        "of them and, beyond calls of a token and recordings, bounds of its own. A connection stays with one of them.",
        json_schema_extra={"default": "one for 4 CPUs"},
    )
    job_seconds: float = Field(
        default=30.0,
        ge=1,
        le=3600,
        description="Longest time that a worker may go without an answer while it has pictures; then it is replaced.",
    )
    queue_size: int = Field(
        default=64, ge=1, le=100_000, description="Pictures that may wait for a worker; more are refused."
    )
    max_queue_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1024,
        description="Encoded pictures that may be held, waiting and with workers, bytes; more are refused. Never less "
        "than one message of the largest size.",
    )
    max_batch: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="Most pictures in one batch; never more than the queue and the workers hold.",
    )
    max_batch_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1024, le=1024**3, description="Largest message of a caller, bytes."
    )
    stream_window: int = Field(
        default=16, ge=1, le=1000, description="Unanswered pictures of one stream before no more are read."
    )
    max_streams: int = Field(
        default=64,
        ge=1,
        le=100_000,
        description="Streams open at once; more are refused. Their pictures queue like all.",
    )
    max_calls: int = Field(
        default=1024,
        ge=1,
        le=1_000_000,
        description="Calls under way at once, streams included; more are refused, probes never.",
    )
    max_connections: int = Field(
        default=1000, ge=1, le=1_000_000, description="Connections open at once; more are closed at once."
    )
    max_connection_calls: int = Field(
        default=384,
        ge=1,
        le=100_000,
        description="Calls under way at once on one connection; a client's library keeps more waiting on its side.",
    )
    message_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="Longest time that the message of a call may take to arrive."
    )
    max_arriving_bytes: int = Field(
        default=96 * 1024 * 1024,
        ge=1024 * 1024,
        description="Memory for messages that are still arriving, bytes; beyond it, those that have been arriving for "
        "longest are refused.",
    )
    max_image_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, description="Largest encoded picture, bytes.")
    max_image_pixels: int = Field(
        default=25_000_000, ge=1024, description="Largest width × height of a picture, pixels."
    )
    min_image_side: int = Field(default=16, ge=1, description="Smallest width and height of a picture, pixels.")
    picture_memory_bytes: int = Field(
        default=512 * 1024 * 1024,
        ge=64 * 1024 * 1024,
        description="Memory that a worker may take for a picture, beyond what it holds with its models, bytes. Never "
        "less than twice what decoding the largest one may take.",
    )
    metrics_listen: str = Field(
        default="", description="Address and port of metrics and probes over HTTP, e.g. 127.0.0.1:9464; empty: none."
    )
    tls_certificate: Path | None = Field(default=None, description="PEM certificate chain of the server.")
    tls_key: Path | None = Field(default=None, description="PEM private key of the server.")
    tls_client_ca: Path | None = Field(
        default=None, description="PEM certificates that callers' own certificates must come from (mutual TLS)."
    )
    tokens: Path | None = Field(
        default=None, description="Token file; callers must send one of its tokens. Made by the tokens command."
    )
    trusted_network: bool = Field(
        default=False, description="Something else protects the network: allow plain text and anybody off loopback."
    )
    grace_seconds: float = Field(
        default=20.0, ge=0, le=3600, description="Time that calls under way get to finish after SIGTERM, seconds."
    )
    drain_seconds: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="Time between NOT_SERVING and accepting no more calls, for load balancers to notice, seconds.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severity logged."
    )
    tracing: bool = Field(
        default=False,
        description="Send OpenTelemetry traces to where the standard OTEL_* variables say; needs the extra tracing.",
    )
    access_log: bool = Field(default=True, description="Log one line for every call.")

    @field_validator("listen", "metrics_listen")
    @classmethod
    def _has_host_and_port(cls, listen: str, field: ValidationInfo) -> str:
        if not listen and field.field_name == "metrics_listen":
            return listen
        host, colon, port = listen.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError("is not HOST:PORT, e.g. 127.0.0.1:50051")
        return listen

    @property
    def used_fronts(self) -> int:
        """Processes that take calls: each has a worker at least."""
        return min(self.fronts, self.workers)

    @property
    def batch_limit(self) -> int:
        """Most pictures in one batch call: a batch that the queue can never hold would always be refused."""
        return min(self.max_batch, self.queue_size + self.workers)

    @property
    def max_message_bytes(self) -> int:
        """Largest message that is read from a caller, bytes: a batch, or one picture of any legal size."""
        return max(self.max_batch_bytes, self.max_image_bytes + _ENVELOPE_BYTES)

    @property
    def queue_bytes(self) -> int:
        """Most bytes of pictures held, waiting and with workers: when there are none, any legal batch fits."""
        return max(self.max_queue_bytes, self.max_message_bytes)

    @property
    def worker_bytes(self) -> int:
        """Memory that a worker may take beyond its models, bytes: the decoder refuses what would cost half of it."""
        return max(self.picture_memory_bytes, 2 * self.image_limits.max_memory_bytes)

    @property
    def image_limits(self) -> ImageLimits:
        """The bounds on a picture, as the decoder takes them."""
        return ImageLimits(
            max_bytes=self.max_image_bytes, max_pixels=self.max_image_pixels, min_side=self.min_image_side
        )


class SettingsError(Exception):
    """The environment has settings that can't be; ``str(error)`` has a line for each."""


def load_settings() -> Settings:
    """The settings in the environment.

    Raises:
        SettingsError: one of them is impossible.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for complaint in error.errors():
            name = "_".join(map(str, complaint["loc"])).upper()
            lines.append(f"BEATLENS_{name}: {complaint['msg']} (it is {complaint['input']!r})")
        raise SettingsError("\n".join(lines)) from None


def table() -> str:
    """Every setting as a Markdown table, for the documentation."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `BEATLENS_{name.upper()}` | {_default(field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.default_factory:
        return str(field.json_schema_extra["default"] if isinstance(field.json_schema_extra, dict) else "one a CPU")
    return f"`{field.default}`" if field.default not in ("", None) else ""
