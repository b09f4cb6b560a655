"""YAML files of recipes, and of runs: the effective configuration is written beside each run."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from training import TrainingError
from training.recipes.provenance import Provenance, RunConfig
from training.recipes.recipe import Recipe

#: What tells each part of the provenance, which no recipe can say.
_SAID_BY = {
    "member": "crossval --only member-1",
    "prior_correction": "compare --prior-correction",
    "cross_fold_networks": "crossval --cross-fold-ensemble",
    "other_networks": "average",
}


class ConfigurationError(TrainingError):
    """The file of a recipe or a run can't be read or has a wrong field."""


def read_recipe(path: Path) -> RunConfig:
    """The run that a recipe's YAML file stands for.

    Raises:
        ConfigurationError: not readable, a field is missing, unknown or out of range, or it tells what comes of a run.
    """
    config = read_run(path)
    for name, field in Provenance.model_fields.items():
        if getattr(config, name) != field.default:
            raise ConfigurationError(
                f"{path}: {name} is what comes of a run, not part of its recipe; see `{_SAID_BY[name]}`"
            )
    return config


def read_run(path: Path) -> RunConfig:
    """The configuration that :func:`write` stored beside a run; older files are read as well.

    Raises:
        ConfigurationError: not readable, or a field is missing, unknown or out of range.
    """
    try:
        return RunConfig.model_validate(yaml.safe_load(path.read_text()))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from error


def write(config: Recipe, path: Path) -> None:
    """Write a recipe or a run's effective configuration, defaults included."""
    path.write_text(yaml.safe_dump(config.model_dump(), sort_keys=False))
