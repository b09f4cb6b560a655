from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from training.recipes import recipe_files
from training.recipes.provenance import Provenance, RunConfig
from training.recipes.recipe import Recipe

FOLDER = Path(recipe_files.__file__).parent
RECIPES = sorted([*FOLDER.glob("served/*.yaml"), *FOLDER.glob("experiments/*.yaml")])

#: Fields as files of earlier versions name them, and what they are now.
FORMER = [
    ({"chained": True, "start_from": "first"}, {"snapshot_ensemble": True, "start_from": "first"}),
    ({"made_fraction": 0.3, "beats_per_class": 10}, {"synthetic_fraction": 0.3, "beats_per_class": 10}),
    (
        {"validation": "everybody", "protocol": "inter-patient", "members": 4},
        {"validation": "out-of-fold", "protocol": "inter-patient", "members": 4},
    ),
    ({"network": "seed"}, {"network": "course_cnn"}),
    ({"balance": 0.5}, {"prior_correction": 0.5}),
    ({"neighbours": 3}, {"cross_fold_networks": 3}),
    ({"others": 8}, {"other_networks": 8}),
]


@pytest.mark.parametrize(("former", "now"), FORMER)
def test_files_of_earlier_versions_are_read_as_what_they_mean_now(
    former: dict[str, object], now: dict[str, object], tmp_path: Path
) -> None:
    wanted = RunConfig.model_validate({"name": "run", **now})
    assert RunConfig.model_validate_json(json.dumps({"name": "run", **former})) == wanted
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump({"name": "run", **former}))
    assert recipe_files.read_run(path) == wanted
    recipe_files.write(wanted, path)
    assert not set(former) - set(now) & set(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(("former", "now"), [("chained", "snapshot_ensemble"), ("balance", "prior_correction")])
def test_a_field_by_both_its_names_is_refused(former: str, now: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(f"name: run\n{former}: 0\n{now}: 0\n")
    with pytest.raises(recipe_files.ConfigurationError, match=former):
        recipe_files.read_run(path)


def test_a_recipe_is_a_run_without_its_provenance() -> None:
    run = RunConfig.model_validate({"name": "run", "members": 2, "member": 1, "prior_correction": 0.5})
    recipe = run.recipe
    assert not set(Provenance.model_fields) & set(Recipe.model_fields)
    assert recipe.members == 2
    assert RunConfig.of(recipe) == run.model_copy(update={"member": 0, "prior_correction": 0})


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_that_ships_can_be_read_and_is_called_as_its_file(path: Path) -> None:
    name = recipe_files.read_recipe(path).name
    assert path.stem in (name, f"{name}.start")


def test_recipes_ship() -> None:
    assert {path.parent.name for path in RECIPES} == {"served", "experiments"}
