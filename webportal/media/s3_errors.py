"""What boto3 raises, as :mod:`webportal.media.failures` and the operating system would say it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError

from webportal.media.failures import StorageFailed, StorageUnavailable

#: What an object store says when nothing more can be stored; the codes are MinIO's and Ceph's, the status is WebDAV's.
_FULL: Final = frozenset({"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded"})
_FULL_STATUS: Final = 507
#: What it says when it has too much to do, beside every status from 500.
_BUSY: Final = frozenset({"SlowDown", "RequestTimeout", "TooManyRequests", "ThrottlingException"})
_BUSY_STATUS: Final = 429
_MISSING: Final = frozenset({"404", "NoSuchKey"})


@contextmanager
def told() -> Iterator[None]:
    """Let what boto3 raises within the block be raised as what it means.

    Raises:
        FileNotFoundError: there is no such object.
        OSError: ``ENOSPC``, there is no room.
        StorageUnavailable, StorageFailed: everything else.
    """
    try:
        yield
    except ClientError as error:
        raise _meant(error) from error
    except (HTTPClientError, IncompleteReadError) as error:
        raise StorageUnavailable(str(error)) from error
    except (BotoCoreError, S3UploadFailedError) as error:
        cause = error.__cause__ or error.__context__
        raise (_meant(cause) if isinstance(cause, ClientError) else StorageFailed(str(error))) from error


def _meant(error: ClientError) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _MISSING:
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if code in _FULL or status == _FULL_STATUS:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if code in _BUSY or status >= 500 or status == _BUSY_STATUS:
        return StorageUnavailable(f"{code or status}")
    return StorageFailed(f"{code or status}")
