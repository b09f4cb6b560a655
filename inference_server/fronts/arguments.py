"""What a front is told when it is started."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

from inference_server.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class FrontArguments:
    """Beside the settings, which a front reads from the environment as the supervisor does."""

    number: int
    fronts: int
    """Fronts in all."""
    listen: str
    """Address and port, where the settings may have port 0."""
    control: int
    """File descriptor of the socket pair's end."""
    shared: int
    """File descriptor of the :class:`inference_server.runtime.shared.SharedMemory`."""

    def to_text(self) -> str:
        """As a command line argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What :meth:`to_text` made."""
        return cls(**json.loads(text))

    def of(self, settings: Settings) -> Settings:
        """The settings of this front: its part of the workers, and no metrics of its own."""
        return settings.model_copy(
            update={
                "listen": self.listen,
                "metrics_listen": "",
                "workers": self._part(settings.workers),
                "recording_workers": self._part(settings.recording_workers),
            }
        )

    def _part(self, number: int) -> int:
        """The part that this front has, at least one."""
        return max(1, number // self.fronts + (self.number < number % self.fronts))
