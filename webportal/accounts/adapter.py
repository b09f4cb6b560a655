"""Where allauth leaves a choice: how secrets of two-factor log-in are stored, whom failed log-ins count against."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import force_bytes


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Counts failed log-ins by name and address together, so that nobody is locked out by a stranger elsewhere.

    By address alone they are counted too, whatever names are tried from it.
    """

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        name: str = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{name} from {get_ip(request)}"


class EncryptingMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Keeps authenticator secrets and recovery codes encrypted: a copy of the database alone opens no account."""

    def encrypt(self, text: str) -> str:
        """``text`` encrypted under the installation's key."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What :meth:`encrypt` encrypted, also under one of ``SECRET_KEY_FALLBACKS``."""
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    # One-way and with a purpose of its own, so that neither key tells anything about the other.
    digests = [
        hashlib.blake2b(force_bytes(secret), digest_size=32, person=b"beatlens-mfa").digest() for secret in secrets
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
