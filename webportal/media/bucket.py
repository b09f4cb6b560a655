"""A bucket of an object store (S3's protocol) as the storage of people's files.

django-storages speaks to it, with boto3; every call has deadlines and few retries, and what goes wrong is told as
:mod:`webportal.media.failures` says. Nothing of it has an address of its own.
"""

from __future__ import annotations

import threading
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import ClientError
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage

from webportal.media.bucket_folders import BucketFolder
from webportal.media.ranges import Ranges
from webportal.media.s3_errors import told

#: Seconds to connect, and between two bytes of an answer; tries of one call, the first among them. So no call takes
#: much longer than a page may.
_CONNECT_SECONDS: Final = 3.0
_ANSWER_SECONDS: Final = 8.0
_TRIES: Final = 3
#: Connections that one process keeps open: as many as it has threads, and some.
_CONNECTIONS: Final = 32


class BucketStorage(S3Storage):  # type: ignore[misc]  # it has no types
    """The bucket that the settings name. Names are random, so none is looked for before it is written."""

    def __init__(self, *, cache_bytes: int, **options: Any) -> None:
        super().__init__(**options)
        self._making = threading.Lock()
        self._shared: Any = None
        self._ranges = Ranges(self._range_of, most=cache_bytes)

    def get_default_settings(self) -> dict[str, Any]:
        """See :class:`S3Storage`: what no setting of ours changes."""
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_ANSWER_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _TRIES},
            max_pool_connections=_CONNECTIONS,
            # Stores that aren't Amazon's may not know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return super().get_default_settings() | {"client_config": config, "file_overwrite": True, "default_acl": None}

    @property
    def connection(self) -> Any:
        """One for all threads of the process: what is asked of it here is safe in several, and each takes megabytes."""
        with self._making:
            if self._shared is None:
                self._shared = self._create_session().resource(
                    "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=self.client_config
                )
            return self._shared

    def folder(self, name: str) -> BucketFolder:
        """The folder of one recording, see :class:`webportal.media.folders.Folder`."""
        return BucketFolder(self.connection.meta.client, self.bucket_name, name, self._ranges)

    def url(self, name: str, *_: Any, **__: Any) -> str:
        """There is none.

        Raises:
            ValueError: always; only views that check who asks give files away.
        """
        raise ValueError("A private file has no address.")

    def _open(self, name: str, mode: str = "rb") -> ContentFile[bytes]:
        with told():
            answer = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=name)
            return ContentFile(answer["Body"].read(), name)  # no larger than a picture may be

    def _save(self, name: str, content: Any) -> str:
        with told():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        """See :meth:`S3Storage.delete`."""
        with told():
            super().delete(name)

    def exists(self, name: str) -> bool:
        """See :meth:`S3Storage.exists`."""
        with told():
            return bool(super().exists(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """See :meth:`S3Storage.listdir`."""
        with told():
            return super().listdir(path)

    def size(self, name: str) -> int:
        """See :meth:`S3Storage.size`."""
        with told():
            return int(super().size(name))

    def get_modified_time(self, name: str) -> Any:
        """See :meth:`S3Storage.get_modified_time`."""
        with told():
            return super().get_modified_time(name)

    def _range_of(self, key: str, begin: int, end: int) -> tuple[bytes, int]:
        """Bytes ``begin`` to ``end`` of an object, or up to its end, and how many it has in all."""
        with told():
            try:
                answer = self.connection.meta.client.get_object(
                    Bucket=self.bucket_name, Key=key, Range=f"bytes={begin}-{end - 1}"
                )
            except ClientError as error:
                if error.response["Error"]["Code"] == "InvalidRange":  # an object without bytes has no range
                    return b"", 0
                raise
            return answer["Body"].read(), int(answer["ContentRange"].rpartition("/")[2])
