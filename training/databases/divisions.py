"""Whose records train, validate and test where people are kept apart."""

from __future__ import annotations

#: Inter-patient division of de Chazal et al. 2004 (IEEE Trans. Biomed. Eng. 51:1196), and the paced records,
#: which that work left out, shared between the partitions. Record 201 (DS1) and 202 (DS2) are one man: 201 is left out.
DS1 = "101 106 108 109 112 114 115 116 118 119 122 124 201 203 205 207 208 209 215 220 223 230"
DS2 = "100 103 105 111 113 117 121 123 200 202 210 212 213 214 219 221 222 228 231 232 233 234"
LEFT_OUT_RECORDS = ("201",)
TRAINING_RECORDS = (*(name for name in DS1.split() if name not in LEFT_OUT_RECORDS), "102", "107")
TEST_RECORDS = (*DS2.split(), "104", "217")

#: People of the training partition who validate (early stopping, calibration): ordinary beats, PACs and PVCs in both
#: leads, one person's fibrillation. MIT-BIH's carriers of the rare classes stay in training, there are too few of them
#: to give any away; PTB-XL's validation fold (see :mod:`training.databases.ptbxl`) has others.
VALIDATION_RECORDS = ("112", "119", "209", "223", "230", "429")

#: The MIT-BIH and VFDB people who validate for each network of an ensemble: for each network others,
#: so that together they learn from all of these.
VALIDATION_GROUPS = (
    VALIDATION_RECORDS,
    ("101", "106", "118", "205", "220", "418"),
    ("108", "114", "115", "203", "215", "422"),
    ("116", "122", "124", "207", "208", "426"),
)

#: The same with the other carriers of rare classes, for networks that between them validate on all people who train
#: (out-of-fold): then each carrier is asked about by a network that has not seen them. PTB-XL's people are divided as
#: well (:mod:`training.datasets.splits`).
OUT_OF_FOLD_GROUPS = tuple(
    (*group, *carriers) for group, carriers in zip(VALIDATION_GROUPS, ((), ("109",), ("102",), ("107",)), strict=True)
)

#: The malignant ectopy records with fibrillation (validation above).
FIBRILLATION_TRAINING_RECORDS = ("418", "422", "426")
FIBRILLATION_TEST_RECORDS = ("419", "424", "430", "609")

#: ``leave-one-patient-out``: the MIT-BIH people who carry the classes that few people carry.
CARRIERS = {
    "LBBB": ("109", "111", "207", "214"),
    "RBBB": ("118", "124", "207", "212", "231", "232"),
    "PACED": ("102", "104", "107", "217"),
}
