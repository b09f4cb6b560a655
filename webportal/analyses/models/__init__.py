"""What a person sent, and apart from it what a model said about it.

An :class:`Upload` is a picture as its owner sent it. An :class:`Analysis` is one question to one model about that
picture and, later, its answer. An upload may have any number of analyses; an answer is never overwritten.
"""

from __future__ import annotations

from webportal.analyses.models.analyses import Analysis
from webportal.analyses.models.batches import Batch, BatchFile
from webportal.analyses.models.reviews import Review
from webportal.analyses.models.rounds import ReadingRound
from webportal.analyses.models.tags import Tag
from webportal.analyses.models.uploads import Upload, random_original_name, random_picture_name, random_thumbnail_name

__all__ = [
    "Analysis",
    "Batch",
    "BatchFile",
    "ReadingRound",
    "Review",
    "Tag",
    "Upload",
    # Migrations name these here.
    "random_original_name",
    "random_picture_name",
    "random_thumbnail_name",
]
