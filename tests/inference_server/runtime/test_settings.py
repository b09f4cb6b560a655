from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from inference_server.runtime.settings import (
    Settings,
    SettingsError,
    _cgroup_cpus,
    available_cpus,
    load_settings,
    table,
)


def test_everything_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings()
    assert settings.listen == "127.0.0.1:50051"
    assert settings.models / settings.model_name == Path("models/arrhythmia")
    assert settings.workers == available_cpus() >= 1


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATLENS_LISTEN", "127.0.0.1:6000")
    monkeypatch.setenv("BEATLENS_MAX_IMAGE_BYTES", "2048")
    settings = Settings()
    assert settings.listen == "127.0.0.1:6000"
    assert settings.image_limits.max_bytes == 2048


@pytest.mark.parametrize("listen", ["50051", ":50051", "localhost", "localhost:http", "localhost:70000"])
def test_an_address_without_host_and_port_is_refused(listen: str) -> None:
    with pytest.raises(ValidationError, match="HOST:PORT"):
        Settings(listen=listen)


def test_no_recording_is_longer_than_the_places_of_its_beats_can_be_told() -> None:
    with pytest.raises(ValidationError, match="max_recording_seconds"):
        Settings(max_recording_seconds=2**31 / 360)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("content", "cpus"), [("max 100000", None), ("150000 100000", 1.5), ("50000 100000", 0.5), ("garbage", None)]
)
def test_the_control_group_limits_the_cpus(tmp_path: Path, content: str, cpus: float | None) -> None:
    (tmp_path / "cpu.max").write_text(content)
    assert _cgroup_cpus(tmp_path) == cpus


def test_the_older_control_group_limits_the_cpus_too(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("200000")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert _cgroup_cpus(tmp_path) == 2.0
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1")
    assert _cgroup_cpus(tmp_path) is None


def test_what_is_held_has_room_for_what_is_legal() -> None:
    tight = Settings(max_queue_bytes=1024, picture_memory_bytes=64 * 1024 * 1024, max_image_pixels=100_000_000)
    assert tight.queue_bytes == tight.max_message_bytes
    assert tight.worker_bytes == 2 * tight.image_limits.max_memory_bytes
    assert Settings().queue_bytes == 64 * 1024 * 1024
    assert Settings().worker_bytes > 2 * Settings().image_limits.max_memory_bytes


def test_impossible_settings_are_all_named_with_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATLENS_LISTEN", "nowhere")
    monkeypatch.setenv("BEATLENS_WORKERS", "many")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    lines = str(refused.value).splitlines()
    assert len(lines) == 2
    assert any(line.startswith("BEATLENS_LISTEN: ") and "HOST:PORT" in line and "'nowhere'" in line for line in lines)
    assert any(line.startswith("BEATLENS_WORKERS: ") and "'many'" in line for line in lines)


def test_possible_settings_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATLENS_MODEL_NAME", "course")
    assert load_settings() == Settings(model_name="course")


def test_the_table_has_a_row_for_every_setting() -> None:
    _, _, *rows = table().splitlines()
    assert [row.split("`")[1] for row in rows] == [f"BEATLENS_{name.upper()}" for name in Settings.model_fields]
    assert "| `BEATLENS_WORKERS` | one a CPU |" in table()
    assert "| `BEATLENS_LISTEN` | `127.0.0.1:50051` |" in table()
