"""What all tasks of one archive have in common, and what its folder says of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from ecg.formats.answers import Answers
from inference_server.commands.answering import picture_model
from inference_server.commands.recording_answering import recording_model
from inference_server.runtime.settings import Settings, load_settings

FORMAT: Final = "beatlens-archive/1"


@dataclass(frozen=True, slots=True)
class Job:
    """Which models answer, and what is answered to questions about files; the same for every row of an archive."""

    models: str | None
    """The model repository; None: that of the settings, on every machine its own."""
    recording_model: str
    """SHA-256 of the model file for recordings."""
    picture_model: str | None
    """That of the model for pictures of one beat; None: such pictures are failures."""
    classes: tuple[str, ...]
    """Short names of all classes that the models know."""
    rate: float | None = None
    unit: str | None = None
    leads: tuple[str, ...] | None = None

    @classmethod
    def with_models(cls, models: Path | None, answers: Answers) -> Job:
        """With the models that answer here; ends the program where there is none for recordings."""
        settings = _settings(str(models) if models is not None else None)
        recordings = recording_model(settings).info
        has_pictures = (settings.models / settings.model_name).is_dir()
        pictures = picture_model(settings).info if has_pictures else None
        kinds = (*recordings.classes, *(pictures.classes if pictures is not None else ()))
        return cls(
            models=str(settings.models.resolve()) if models is not None else None,
            recording_model=recordings.digest,
            picture_model=pictures.digest if pictures is not None else None,
            classes=tuple(dict.fromkeys(kind.short for kind in kinds)),
            rate=answers.rate,
            unit=answers.unit,
            leads=answers.leads,
        )

    @property
    def settings(self) -> Settings:
        """The settings of this machine, with the job's models."""
        return _settings(self.models)

    @property
    def answers(self) -> Answers:
        """What the files leave out."""
        return Answers(self.rate, self.unit, self.leads)

    def description(self) -> dict[str, Any]:
        """What rows of one archive must agree in."""
        plain = {name: value for name, value in asdict(self).items() if name != "models"}
        return {"format": FORMAT, **json.loads(json.dumps(plain))}

    def to_json(self) -> str:
        """For :meth:`from_json`, in another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """What :meth:`to_json` wrote."""
        plain = json.loads(text)
        leads = plain.pop("leads")
        return cls(**{**plain, "classes": tuple(plain["classes"]), "leads": None if leads is None else tuple(leads)})


def _settings(models: str | None) -> Settings:
    settings = load_settings()
    return settings if models is None else settings.model_copy(update={"models": Path(models)})
