"""How long a millimetre is on straightened paper: lines every millimetre, every five, or both."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Rows (and columns) over which the grid is summed: a bend of the paper moves lines by less than their width in them.
_BAND: Final = 160
_POINTS: Final = 16384
#: Lines differ from the paper between them by so much, levels of 255: fainter waves are what compression left of an
#: even ground.
_LEAST_DEEP: Final = 0.4
#: A line of the spectrum stands out by this factor of power.
_CLEAR: Final = 12.0
#: And is this share of the highest, or more: lines that were put on whole pixels repeat themselves more faintly.
_FAINTEST: Final = 0.01
#: The shortest period that explains this share of what any explains. Twice a period explains whatever that does, and
#: what is there by chance: bold lines with fine ones between are believed for less.
_EXPLAINED: Final = 0.9
_EXPLAINED_BOLD: Final = 0.7
#: A longer period has so many of its own waves, or more: a share; so many are few.
_OWN: Final = 0.5
_FEW: Final = 2
#: Fine lines between bold ones stand out by this factor over the bold ones' own waves beside theirs.
_FINE: Final = 4.0
#: Waves of this share of the highest are strong, and periods are multiples of others but for so much.
_STRONG: Final = 0.25
_WHOLE: Final = 0.05
#: Lines of one kind farther apart are those every five millimetres: a millimetre of 14 pixels is 350 dots an inch.
_FIVE: Final = 14.5
#: Seconds from beat to beat, at the usual speed, mm a second, beyond which lines are those of the other kind: 180 beats
#: a minute, as far from the 75 that are usual as what they are then taken for, and 15, as 50 mm/s is no rarity.
_SPEED: Final = 25.0
_SHORTEST_BEAT: Final = 0.333
_LONGEST_BEAT: Final = 4.0
_SHORTEST: Final = 2.2
_LONGEST: Final = 72.5


class Pitch(NamedTuple):
    """The grid's pitch."""

    millimetre: float
    """Pixels."""
    bold: bool
    """Whether lines every five millimetres were told from those every millimetre: then the pitch is sure."""
    five: bool
    """Whether there are lines every five millimetres, alone or with others."""


def pitch_of(depth: NDArray[np.uint8]) -> Pitch | None:
    """The pitch of an upright grid; None where no lines are evenly spaced.

    Args:
        depth: ``[rows, columns]``, ink of the grid; deeper ink counts no more than the grid's.
    """
    power = _spectrum(depth) * _spectrum(depth.T)
    frequencies = np.fft.rfftfreq(_POINTS)
    seen = (frequencies > 1 / _LONGEST) & (frequencies < 1 / _SHORTEST)
    if not seen.any() or power[seen].max() < _CLEAR:
        return None
    peak = int(np.flatnonzero(seen)[power[seen].argmax()])
    if min(_depth(depth, peak), _depth(depth.T, peak)) < _LEAST_DEEP:
        return None
    strongest = _between(power, peak)
    clear = max(_CLEAR, _FAINTEST * float(power[peak]))
    combs = {}
    for number in range(1, int(_LONGEST * strongest / _POINTS) + 1):
        heights = _comb(power, number * _POINTS / strongest, clear)
        if len(heights) and _has_own(heights, number):
            combs[number * _POINTS / strongest] = heights
    combs = {period: heights for period, heights in combs.items() if not _leaves_out(period, combs, float(power[peak]))}
    if not combs:
        return None
    bold = [period for period in _explaining(combs, _EXPLAINED_BOLD) if _is_bold(combs[period])]
    if bold:
        return Pitch(min(bold) / 5, bold=True, five=True)
    period = min(_explaining(combs, _EXPLAINED))
    return Pitch(period / 5, bold=False, five=True) if period > _FIVE else Pitch(period, bold=False, five=False)


def likelier(pitch: Pitch, between: float | None) -> Pitch | None:
    """The pitch with lines of one kind taken for those of the other, where only so a heart beats as hearts do.

    Args:
        pitch: Of the grid.
        between: Pixels from one beat to the next; None where that isn't known.
    """
    if pitch.bold or between is None:
        return None
    seconds = between / pitch.millimetre / _SPEED
    if not pitch.five and seconds < _SHORTEST_BEAT:
        return Pitch(pitch.millimetre / 5, bold=False, five=True)
    if pitch.five and seconds > _LONGEST_BEAT:
        return Pitch(pitch.millimetre * 5, bold=False, five=False)
    return None


def _has_own(heights: Floats, number: int) -> bool:
    """Whether so many times the period of the strongest wave is a period of the lines: half of the longer waves that
    it alone explains are there. Lines that were put on whole pixels nearly repeat themselves after others, too.

    Of two, three, four or six times the period that is one wave or two, and what else is on the page may have one as
    long: some shorter ones have to be there, too.
    """
    own = [(wave, heights[wave - 1] > 1.0) for wave in range(1, len(heights) + 1) if np.gcd(wave, number) == 1]
    longer = [seen for wave, seen in own if wave < number]
    near = [seen for wave, seen in own if wave < 2 * number] if len(longer) <= _FEW else longer
    return not longer or min(float(np.mean(longer)), float(np.mean(near))) >= _OWN


def _explaining(combs: dict[float, Floats], share: float) -> list[float]:
    """The periods that explain nearly as much as any: this ``share`` of it."""
    explained = {period: float(np.log(heights).sum()) for period, heights in combs.items()}
    most = max(explained.values(), default=0.0)
    return [period for period, value in explained.items() if value >= share * most]


def _is_bold(heights: Floats) -> bool:
    """Whether a period is that of bold lines with four fine ones in between: its fifth wave stands out."""
    if len(heights) < 6 or np.count_nonzero(heights[:4] > 1.0) < 2:
        return False
    before, fifth, after = heights[3:6]
    return bool(fifth > _FINE * np.sqrt(before * after) and fifth > _FINE / 2 * max(before, after))


def _leaves_out(period: float, combs: dict[float, Floats], highest: float) -> bool:
    """Whether a strong wave of a shorter period is none of a period's: then that isn't all there is of the lines.

    Where the strongest wave is the second one of fine lines, five times its period is half of that of the bold ones.
    """
    strong = [shorter for shorter, heights in combs.items() if shorter < period and heights[0] >= _STRONG * highest]
    return any(abs(period / shorter - round(period / shorter)) > _WHOLE for shorter in strong)


def _depth(depth: NDArray[np.uint8], frequency: int) -> float:
    """How deep waves of a frequency are in the profile of the deepest band, levels."""
    profiles = _profiles(depth)
    return max(float(abs(np.fft.rfft(profile, _POINTS)[frequency])) * 4 / len(profile) for profile in profiles)


def _profiles(depth: NDArray[np.uint8]) -> list[Floats]:
    """Of each band, how deep the ink of its columns is: around 0, and fading out towards the edges."""
    depth = depth[:, :_POINTS]
    window = np.hanning(depth.shape[1])
    tops = range(0, max(1, depth.shape[0] - _BAND // 2), _BAND)
    profiles = [depth[top : top + _BAND].mean(axis=0, dtype=np.float64) for top in tops]
    return [(profile - profile.mean()) * window for profile in profiles]


def _spectrum(depth: NDArray[np.uint8]) -> Floats:
    """Power of the lines that stand upright over that of what is around in the spectrum, ``[frequencies]``."""
    total = np.zeros(_POINTS // 2 + 1)
    for profile in _profiles(depth):
        total += np.abs(np.fft.rfft(profile, _POINTS)) ** 2
    cells = max(3, 4 * _POINTS // depth.shape[1])
    around = np.array(
        [np.median(total[max(0, at - 20 * cells) : at + 20 * cells : cells]) for at in range(0, len(total), cells)]
    )
    floor = np.interp(np.arange(len(total)), np.arange(0, len(total), cells), around)
    ratio: Floats = np.sqrt(np.maximum(total / np.maximum(floor, 1e-12), 1.0))
    return ratio


def _comb(power: Floats, period: float, clear: float) -> Floats:
    """Heights of the spectrum at the multiples of a frequency; 1 where none is higher than ``clear``."""
    places = np.arange(1, int(period / _SHORTEST) + 1) * _POINTS / period
    heights = []
    for place in places:
        at = round(place)
        heights.append(float(power[max(0, at - 4) : at + 5].max()))
    measured = np.array(heights)
    return np.where(measured > clear, measured, 1.0)


def _between(values: Floats, peak: int) -> float:
    before, here, after = np.log(values[peak - 1 : peak + 2])
    bend = before - 2 * here + after
    return float(peak + (0.5 * (before - after) / bend if bend < 0 else 0.0))
