"""DICOM waveforms (PS3.3, C.10.9): the ECG of resting, general and ambulatory objects."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ecg import leads
from ecg.digital import MISSING, Digital
from ecg.formats import limits
from ecg.formats.files import InputFile
from ecg.formats.source import ChannelInfo, Source
from ecg.recording_errors import RecordingError

_MAX_BYTES: Final = 384 * 1024**2
#: Numbers of leads in SCP-ECG's (5.6.3-9-N) and ISO/IEEE 11073's (2:N) codes.
_CODES: Final = {
    1: "I",
    2: "II",
    3: "V1",
    4: "V2",
    5: "V3",
    6: "V4",
    7: "V5",
    8: "V6",
    9: "V7",
    61: "III",
    62: "aVR",
    63: "aVL",
    64: "aVF",
    16: "X",
    17: "Y",
    18: "Z",
}
_TYPES: Final = {
    ("SB", 8): "i1",
    ("UB", 8): "u1",
    ("SS", 16): "i2",
    ("US", 16): "u2",
    ("SL", 32): "i4",
    ("UL", 32): "u4",
}


@dataclass(slots=True)
class DicomFrames:
    """The samples of one multiplex group."""

    stored: NDArray[Any]
    """``[samples, channels]``, as the object has them."""
    padding: int | None
    """The value that stands for no sample."""
    signs: list[int]
    """For each channel, half the range of its numbers where their sign must be restored; else 0."""
    skews: Sequence[int]
    """Samples by which each channel was taken late."""

    @property
    def frames(self) -> int:
        """See :class:`ecg.formats.source.Frames`."""
        return len(self.stored)

    def read(self, begin: int, end: int) -> list[Digital]:
        """See :class:`ecg.formats.source.Frames`."""
        return [self._channel(index, begin, end) for index in range(self.stored.shape[1])]

    def _channel(self, index: int, begin: int, end: int) -> Digital:
        skew = self.skews[index]
        first, last = max(0, begin - skew), min(self.frames, end - skew)
        row = np.full(end - begin, MISSING, np.int32)
        if first < last:
            part = self.stored[first:last, index]
            values = np.clip(part.astype(np.int64), MISSING, 2**31 - 1)
            half = self.signs[index]
            if half:
                values = np.where(values >= half, values - 2 * half, values)
            if self.padding is not None:
                values = np.where(part == self.padding, MISSING, values)
            row[first + skew - begin : last + skew - begin] = values
        return row


def read(files: Sequence[InputFile]) -> Source:
    """The first original rhythm of an object; averages of beats are left out, other groups named."""
    import pydicom

    if files[0].size > _MAX_BYTES:
        raise RecordingError("RECORDING_TOO_LARGE", f"DICOM objects of at most {_MAX_BYTES // 1024**2} MB are read.")
    try:
        with warnings.catch_warnings(), files[0].open() as file:
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(file, force=True, stop_before_pixels=True)
            groups = list(dataset.get("WaveformSequence") or [])
            little = dataset.original_encoding[1] is not False
            if not groups:
                raise RecordingError("RECORDING_NO_ECG", "The DICOM object has no waveforms in it.")
            return _source(dataset, groups, little=little)
    except (RecordingError, MemoryError):
        raise
    except Exception as error:  # whatever a damaged object makes pydicom raise
        raise RecordingError("RECORDING_DAMAGED", "The DICOM object is damaged.") from error


def _source(dataset: Any, groups: Sequence[Any], *, little: bool) -> Source:
    original = [group for group in groups if str(group.get("WaveformOriginality", "ORIGINAL")) != "DERIVED"]
    with_ecg = [group for group in original or groups if _has_ecg(group)]
    if not with_ecg:
        raise RecordingError("RECORDING_NO_ECG", "None of the DICOM object's waveforms is an ECG.")
    source = _of_group(with_ecg[0], little=little)
    if not original:
        source.warn(
            "RECORDING_DERIVED", "The DICOM object calls its waveforms derived: averaged or made, not recorded."
        )
    if len(with_ecg) > 1:
        message = f"The DICOM object has {len(with_ecg)} recordings of the ECG; the first was read."
        source.warn("RECORDING_SERIES_LEFT_OUT", message)
    source.start = _start(dataset)
    return source


def _has_ecg(group: Any) -> bool:
    labels = [_label(channel) for channel in group.get("ChannelDefinitionSequence") or []]
    return any(leads.canonical(label)[1] is not leads.Channel.OTHER for label in labels)


def _of_group(group: Any, *, little: bool) -> Source:
    definitions = list(group.get("ChannelDefinitionSequence") or [])
    count, samples = int(group.NumberOfWaveformChannels), int(group.NumberOfWaveformSamples)
    limits.check_channels(count)
    if len(definitions) != count:
        raise RecordingError(
            "RECORDING_CONTRADICTORY", f"The DICOM object announces {count} channels and describes {len(definitions)}."
        )
    rate = float(group.get("SamplingFrequency") or 0)
    stored = _stored(group, count, samples, little=little)
    padding = _padding(group, stored.dtype) if "WaveformPaddingValue" in group else None
    frames = DicomFrames(stored, padding, [0] * count, [_skew(definition, rate) for definition in definitions])
    source = Source([], frames, rate)
    source.channels = [
        _channel(definition, index, source, frames, group) for index, definition in enumerate(definitions)
    ]
    if len(stored) < samples:
        lost = (samples - len(stored)) / (rate or 1)
        source.warn("RECORDING_TRUNCATED", f"The last {lost:.1f} s that the object announces are missing.")
    return source


def _stored(group: Any, count: int, samples: int, *, little: bool) -> NDArray[Any]:
    """``[samples, channels]``, as many as there are of those announced."""
    bits, kind = int(group.WaveformBitsAllocated), str(group.WaveformSampleInterpretation)
    name = _TYPES.get((kind, bits))
    if name is None:
        raise RecordingError(
            "RECORDING_UNSUPPORTED_FORMAT", f"DICOM samples of kind {kind} with {bits} bits are not read."
        )
    raw = group.WaveformData
    dtype = np.dtype(name).newbyteorder("<" if little else ">")
    whole = min(samples, len(raw) // (dtype.itemsize * count))
    if not whole:
        raise RecordingError("RECORDING_TRUNCATED", "The DICOM object has no samples.")
    return np.frombuffer(raw, dtype, whole * count).reshape(whole, count)


def _padding(group: Any, dtype: np.dtype[Any]) -> int:
    value = group.WaveformPaddingValue
    if isinstance(value, bytes):
        return int(np.frombuffer(value[: dtype.itemsize], dtype)[0])
    return int(np.array(int(value)).astype(dtype))


def _channel(definition: Any, index: int, source: Source, frames: DicomFrames, group: Any) -> ChannelInfo:
    label = _label(definition)
    allocated = int(group.WaveformBitsAllocated)
    stored = int(definition.get("WaveformBitsStored") or allocated)
    if str(group.WaveformSampleInterpretation).startswith("S") and 2 <= stored < allocated:
        _extend_signs(frames, index, 1 << (stored - 1), label, source)
    if definition.get("ChannelSensitivity") is None:
        return ChannelInfo(label, "")
    step = float(definition.ChannelSensitivity) * float(definition.get("ChannelSensitivityCorrectionFactor") or 1)
    units = definition.get("ChannelSensitivityUnitsSequence") or []
    unit = str(units[0].get("CodeValue", "")) if units else ""
    fault = "" if step else "its sensitivity is 0, so its samples have no size."
    return ChannelInfo(label, unit, step, float(definition.get("ChannelBaseline") or 0), fault=fault)


def _extend_signs(frames: DicomFrames, index: int, half: int, label: str, source: Source) -> None:
    """Samples of fewer bits than they have room for must still have their sign; some writers leave it off."""
    low, high = 1 << 40, -(1 << 40)
    for begin in range(0, frames.frames, limits.BLOCK):
        row = frames.stored[begin : begin + limits.BLOCK, index]
        row = row[row != frames.padding] if frames.padding is not None else row
        if row.size:
            low, high = min(low, int(row.min())), max(high, int(row.max()))
    if low >= 0 and half <= high < 2 * half:
        frames.signs[index] = half
        message = f"{label}: its samples had lost their sign; it was restored."
        source.warn("RECORDING_SIGN_EXTENDED", message, label)
    elif low <= high and (low < -half or high >= half):
        message = f"{label}: samples lie beyond the bits that the object gives them."
        source.warn("RECORDING_VALUES_OUT_OF_RANGE", message, label)


def _skew(definition: Any, rate: float) -> int:
    """By how many samples a channel was taken late, in whole ones."""
    return round(float(definition.get("ChannelSampleSkew") or 0) + float(definition.get("ChannelTimeSkew") or 0) * rate)


def _label(definition: Any) -> str:
    """The channel's name: its own label or the source's code, whichever is a lead's."""
    names = [str(definition.get("ChannelLabel") or "")]
    for code in definition.get("ChannelSourceSequence") or []:
        value = re.fullmatch(r"(?:5\.6\.3-9-|2:)(\d+)", str(code.get("CodeValue") or ""))
        names += [str(code.get("CodeMeaning") or ""), _CODES.get(int(value[1]), "") if value else ""]
    known = [name for name in names if name and leads.canonical(name)[1] is leads.Channel.LEAD]
    return (known or [name for name in names if name] or [""])[0]


def _start(dataset: Any) -> datetime | None:
    text = str(dataset.get("AcquisitionDateTime") or "")
    if not text:
        text = f"{dataset.get('AcquisitionDate') or dataset.get('ContentDate') or ''}"
        text += f"{dataset.get('AcquisitionTime') or dataset.get('ContentTime') or ''}"
    for length, pattern in ((14, "%Y%m%d%H%M%S"), (12, "%Y%m%d%H%M")):
        try:
            return datetime.strptime(text[:length], pattern)
        except ValueError:
            continue
    return None
