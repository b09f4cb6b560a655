"""Which kinds are for fitting, and which for testing only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from training.pictures.nonbeats import charts, curves, drawings, papers, recordings, textures
from training.pictures.nonbeats.sheets import Painter


def _named(painters: Sequence[Painter]) -> dict[str, Painter]:
    return {painter.__name__: painter for painter in painters}


#: Kinds that bounds and networks may be fitted on.
FITTING: Final = _named(
    (
        recordings.strip,
        recordings.twelve_lead_page,
        recordings.two_lead_strip,
        recordings.six_by_two_page,
        recordings.monitor,
        recordings.holter_strip,
        charts.bar_chart,
        charts.sine_wave,
        charts.scatter_plot,
        charts.line_chart,
        charts.pie_chart,
        charts.histogram,
        charts.table,
        drawings.text_page,
        drawings.slide,
        drawings.qr_code,
        drawings.barcode,
        drawings.doodle,
        drawings.icon,
        drawings.cat,
        drawings.handwriting,
        drawings.heart,
        textures.blank,
        textures.photograph,
        textures.landscape,
        textures.spectrogram,
        textures.mel_spectrogram,
    )
)

#: Kinds that nothing was fitted or tuned on. Two pictures of each were looked at before the figures were taken.
TESTING: Final = _named(
    (
        recordings.tablet,
        recordings.calibrated_strip,
        charts.area_chart,
        charts.box_plot,
        charts.confusion_matrix,
        charts.radar_chart,
        drawings.sheet_music,
        drawings.flow_chart,
        drawings.house,
        drawings.signature,
        drawings.smiley,
        textures.bricks,
        textures.clouds,
        textures.scalogram,
        textures.x_ray,
    )
)

_WITHOUT_RECORDINGS: Final = (charts.__name__, drawings.__name__, textures.__name__)


def _without_recordings(kinds: dict[str, Painter]) -> dict[str, Painter]:
    return {name: painter for name, painter in kinds.items() if painter.__module__ in _WITHOUT_RECORDINGS}


#: Kinds that show no ECG, on which a reader of strips and pages may be fitted.
NO_ECG_FITTING: Final = _without_recordings(FITTING) | _named(
    (
        curves.sine_on_graph_paper,
        curves.stock_chart,
        curves.seismogram,
        curves.oscilloscope,
        curves.sound_wave,
        curves.fever_chart,
        curves.brain_waves,
        papers.graph_paper,
        papers.notes_on_squares,
        papers.form,
        papers.street_map,
        papers.crossword,
        papers.spreadsheet,
        papers.part_on_graph_paper,
        papers.comic,
        papers.invoice,
    )
)

#: Kinds that show no ECG, on which nothing of such a reader was fitted or tuned.
NO_ECG_TESTING: Final = _without_recordings(TESTING) | _named(
    (
        curves.breathing,
        curves.spectrum,
        curves.timing_diagram,
        curves.tide_table,
        curves.weather_chart,
        curves.rate_trend,
        papers.exercise_book,
        papers.calendar,
        papers.subway_map,
        papers.contour_map,
        papers.circuit,
        papers.window_front,
        papers.staves,
    )
)
