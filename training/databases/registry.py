"""All databases, by name."""

from __future__ import annotations

from typing import Final

from training.databases.aftdb import AFTDB
from training.databases.challenge2017 import CHALLENGE2017
from training.databases.cpsc2018 import CPSC2018
from training.databases.database import Database
from training.databases.ecgiddb import ECGIDDB
from training.databases.ludb import LUDB
from training.databases.mitdb import MITDB
from training.databases.ptbxl import PTBXL
from training.databases.qtdb import QTDB
from training.databases.vfdb import VFDB

DATABASES: Final[dict[str, Database]] = {
    database.name: database for database in (MITDB, VFDB, PTBXL, CPSC2018, LUDB, QTDB, CHALLENGE2017, AFTDB, ECGIDDB)
}
