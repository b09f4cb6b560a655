"""What came of a recipe: which member a network is, how predictions were put together. Stored beside both."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.recipes.recipe import Recipe


class Provenance(BaseModel):
    """What nobody writes into a recipe: commands fill it in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    member: int = Field(default=0, ge=0, le=7)
    """Which of the recipe's members this network is."""
    prior_correction: float = Field(default=0, ge=0, le=1)
    """Not 0 where probabilities were divided by the classes' shares of the training partition to this power
    (:meth:`training.learning.predictions.Predictions.prior_corrected`)."""
    cross_fold_networks: int = Field(default=0, ge=0)
    """How many networks of the fold that validates on these test beats predicted as well
    (:func:`training.learning.cross_validation.cross_fold_ensemble`)."""
    other_networks: int = Field(default=0, ge=0)
    """How many networks of other recipes predicted as well (:func:`training.learning.predictions.across_recipes`)."""


class RunConfig(Recipe, Provenance):
    """A recipe with its provenance, as runs, stored predictions and model files hold it: one flat set of fields."""

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """The run that ``recipe`` stands for, before anything came of it."""
        return cls.model_validate(recipe.model_dump())

    @property
    def recipe(self) -> Recipe:
        """What people wrote, without what came of it."""
        return Recipe.model_validate(self.model_dump(exclude=set(Provenance.model_fields)))

    @property
    def networks(self) -> int:
        """How many networks predict together."""
        return self.members + self.snapshot_ensemble + self.cross_fold_networks + self.other_networks

    @model_validator(mode="after")
    def _the_member_exists(self) -> Self:
        if self.member >= self.members:
            raise ValueError(f"there is no member {self.member} of {self.members}")
        return self
