from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PictureKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PICTURE_KIND_UNSPECIFIED: _ClassVar[PictureKind]
    PICTURE_KIND_ONE_BEAT: _ClassVar[PictureKind]
    PICTURE_KIND_STRIP: _ClassVar[PictureKind]
    PICTURE_KIND_PAGE: _ClassVar[PictureKind]
    PICTURE_KIND_NOT_AN_ECG: _ClassVar[PictureKind]

class ScaleBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCALE_BASIS_UNSPECIFIED: _ClassVar[ScaleBasis]
    SCALE_BASIS_GRID: _ClassVar[ScaleBasis]
    SCALE_BASIS_PRINT: _ClassVar[ScaleBasis]
    SCALE_BASIS_PULSE: _ClassVar[ScaleBasis]
    SCALE_BASIS_ASSUMED: _ClassVar[ScaleBasis]
    SCALE_BASIS_STATED: _ClassVar[ScaleBasis]
PICTURE_KIND_UNSPECIFIED: PictureKind
PICTURE_KIND_ONE_BEAT: PictureKind
PICTURE_KIND_STRIP: PictureKind
PICTURE_KIND_PAGE: PictureKind
PICTURE_KIND_NOT_AN_ECG: PictureKind
SCALE_BASIS_UNSPECIFIED: ScaleBasis
SCALE_BASIS_GRID: ScaleBasis
SCALE_BASIS_PRINT: ScaleBasis
SCALE_BASIS_PULSE: ScaleBasis
SCALE_BASIS_ASSUMED: ScaleBasis
SCALE_BASIS_STATED: ScaleBasis

class DigitizeImageRequest(_message.Message):
    __slots__ = ("image", "without_overlay", "corrections")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_OVERLAY_FIELD_NUMBER: _ClassVar[int]
    CORRECTIONS_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    without_overlay: bool
    corrections: PageCorrections
    def __init__(self, image: _Optional[bytes] = ..., without_overlay: _Optional[bool] = ..., corrections: _Optional[_Union[PageCorrections, _Mapping]] = ...) -> None: ...

class PageCorrections(_message.Message):
    __slots__ = ("corners", "degrees", "region", "mm_per_second", "mm_per_mv", "pixels_per_mm", "pixels_per_second", "pixels_per_mv", "layout", "cabrera", "names")
    CORNERS_FIELD_NUMBER: _ClassVar[int]
    DEGREES_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    MM_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    MM_PER_MV_FIELD_NUMBER: _ClassVar[int]
    PIXELS_PER_MM_FIELD_NUMBER: _ClassVar[int]
    PIXELS_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    PIXELS_PER_MV_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    CABRERA_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    corners: _containers.RepeatedCompositeFieldContainer[PixelPoint]
    degrees: float
    region: PixelRegion
    mm_per_second: float
    mm_per_mv: float
    pixels_per_mm: float
    pixels_per_second: float
    pixels_per_mv: float
    layout: str
    cabrera: bool
    names: _containers.RepeatedCompositeFieldContainer[StatedName]
    def __init__(self, corners: _Optional[_Iterable[_Union[PixelPoint, _Mapping]]] = ..., degrees: _Optional[float] = ..., region: _Optional[_Union[PixelRegion, _Mapping]] = ..., mm_per_second: _Optional[float] = ..., mm_per_mv: _Optional[float] = ..., pixels_per_mm: _Optional[float] = ..., pixels_per_second: _Optional[float] = ..., pixels_per_mv: _Optional[float] = ..., layout: _Optional[str] = ..., cabrera: _Optional[bool] = ..., names: _Optional[_Iterable[_Union[StatedName, _Mapping]]] = ...) -> None: ...

class PixelRegion(_message.Message):
    __slots__ = ("left", "top", "right", "bottom")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    left: float
    top: float
    right: float
    bottom: float
    def __init__(self, left: _Optional[float] = ..., top: _Optional[float] = ..., right: _Optional[float] = ..., bottom: _Optional[float] = ...) -> None: ...

class StatedName(_message.Message):
    __slots__ = ("row", "column", "name")
    ROW_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    row: int
    column: int
    name: str
    def __init__(self, row: _Optional[int] = ..., column: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...

class DigitizeImageResponse(_message.Message):
    __slots__ = ("kind", "reason", "width", "height", "layout", "cabrera", "degrees", "corners", "calibration", "leads", "warnings", "overlay_png")
    KIND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    CABRERA_FIELD_NUMBER: _ClassVar[int]
    DEGREES_FIELD_NUMBER: _ClassVar[int]
    CORNERS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    LEADS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_PNG_FIELD_NUMBER: _ClassVar[int]
    kind: PictureKind
    reason: str
    width: int
    height: int
    layout: str
    cabrera: bool
    degrees: float
    corners: _containers.RepeatedCompositeFieldContainer[PixelPoint]
    calibration: PageCalibration
    leads: _containers.RepeatedCompositeFieldContainer[DigitizedLead]
    warnings: _containers.RepeatedCompositeFieldContainer[PageWarning]
    overlay_png: bytes
    def __init__(self, kind: _Optional[_Union[PictureKind, str]] = ..., reason: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., layout: _Optional[str] = ..., cabrera: _Optional[bool] = ..., degrees: _Optional[float] = ..., corners: _Optional[_Iterable[_Union[PixelPoint, _Mapping]]] = ..., calibration: _Optional[_Union[PageCalibration, _Mapping]] = ..., leads: _Optional[_Iterable[_Union[DigitizedLead, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[PageWarning, _Mapping]]] = ..., overlay_png: _Optional[bytes] = ...) -> None: ...

class PixelPoint(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ...) -> None: ...

class PageCalibration(_message.Message):
    __slots__ = ("pixels_per_mm", "mm_per_second", "mm_per_mv", "millimetre_basis", "speed_basis", "gain_basis")
    PIXELS_PER_MM_FIELD_NUMBER: _ClassVar[int]
    MM_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    MM_PER_MV_FIELD_NUMBER: _ClassVar[int]
    MILLIMETRE_BASIS_FIELD_NUMBER: _ClassVar[int]
    SPEED_BASIS_FIELD_NUMBER: _ClassVar[int]
    GAIN_BASIS_FIELD_NUMBER: _ClassVar[int]
    pixels_per_mm: float
    mm_per_second: float
    mm_per_mv: float
    millimetre_basis: ScaleBasis
    speed_basis: ScaleBasis
    gain_basis: ScaleBasis
    def __init__(self, pixels_per_mm: _Optional[float] = ..., mm_per_second: _Optional[float] = ..., mm_per_mv: _Optional[float] = ..., millimetre_basis: _Optional[_Union[ScaleBasis, str]] = ..., speed_basis: _Optional[_Union[ScaleBasis, str]] = ..., gain_basis: _Optional[_Union[ScaleBasis, str]] = ...) -> None: ...

class DigitizedLead(_message.Message):
    __slots__ = ("name", "name_read", "row", "column", "begin_seconds", "rate", "millivolts", "left", "top", "right", "bottom", "confidence", "trace")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_READ_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    BEGIN_SECONDS_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    MILLIVOLTS_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    name: str
    name_read: bool
    row: int
    column: int
    begin_seconds: float
    rate: float
    millivolts: _containers.RepeatedScalarFieldContainer[float]
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    trace: _containers.RepeatedCompositeFieldContainer[PixelPoint]
    def __init__(self, name: _Optional[str] = ..., name_read: _Optional[bool] = ..., row: _Optional[int] = ..., column: _Optional[int] = ..., begin_seconds: _Optional[float] = ..., rate: _Optional[float] = ..., millivolts: _Optional[_Iterable[float]] = ..., left: _Optional[float] = ..., top: _Optional[float] = ..., right: _Optional[float] = ..., bottom: _Optional[float] = ..., confidence: _Optional[float] = ..., trace: _Optional[_Iterable[_Union[PixelPoint, _Mapping]]] = ...) -> None: ...

class PageWarning(_message.Message):
    __slots__ = ("reason", "message")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
