"""Where people's files are stored: in a folder, or in the bucket that the environment names."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env


def media_storage(env: Env, folder: str) -> dict[str, Any]:
    """Django's settings for the storage: ``BEATLENS_MEDIA_S3_BUCKET``, else ``folder``.

    The bucket's credentials are not among the settings: boto3 takes them from its own variables,
    ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY`` or what the machine it runs on is given.

    Raises:
        ImproperlyConfigured: a proxy is to send files that lie in a bucket.
    """
    bucket = env.str("BEATLENS_MEDIA_S3_BUCKET", default="")
    if not bucket:
        # No base_url: a private file has no address of its own, only a view that checks who asks.
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": folder, "base_url": None},
        }
    if env.str("BEATLENS_ACCEL_PREFIX", default=""):
        raise ImproperlyConfigured("BEATLENS_ACCEL_PREFIX is for files in a folder, not for BEATLENS_MEDIA_S3_BUCKET.")
    return {
        "BACKEND": "webportal.media.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.str("BEATLENS_MEDIA_S3_ENDPOINT", default="") or None,
            "region_name": env.str("BEATLENS_MEDIA_S3_REGION", default="") or None,
            "cache_bytes": env.int("BEATLENS_MEDIA_S3_CACHE_MIB", default=64) * 1024 * 1024,
        },
    }
