"""The secret by which a webhook delivery is known as the provider's. Imports little: `receive` starts with
it.
"""

import hashlib
import hmac
from collections.abc import Sequence

SECRET_HEADER = "x-kanal-webhook-secret"  # noqa: S105  # the name, not the secret
"""Header that we ask the provider to send with each delivery; its value is the webhook's secret."""


def secret_digest(secret: str) -> str:
    """What is stored of a webhook secret. Secrets are 128 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def is_secret(given: str, digests: Sequence[str]) -> bool:
    """Compares with every digest, in constant time; two are valid while a secret is replaced."""
    digest = secret_digest(given)
    matches = [hmac.compare_digest(digest, known) for known in digests]
    return any(matches)
