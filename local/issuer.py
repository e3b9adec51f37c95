"""A token issuer for development: the local API's JWT authorizer trusts it, as in AWS it trusts Cognito."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

AUDIENCE = "kanal"
SCOPES = (
    *("channels:read", "channels:write", "channels:secrets", "messages:read", "messages:write"),
    *("contacts:read", "contacts:write", "templates:read", "templates:write"),
    *("profile:read", "profile:write", "broadcasts:read", "broadcasts:write"),
)
TOKEN_SECONDS = 12 * 60 * 60


@dataclass(frozen=True)
class Issuer:
    """`url` is what tokens carry as `iss`, and where the authorizer looks for the keys."""

    url: str
    key: RSAKey

    @classmethod
    def create(cls, url: str, data: Path | None) -> "Issuer":
        """With `data`, the key and so the tokens outlive a restart."""
        kept = data / "issuer-key.pem" if data else None
        if kept and kept.exists():
            return cls(url, RSAKey.import_key(kept.read_bytes(), {"use": "sig", "alg": "RS256"}))
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, private=True)
        if kept:
            kept.touch(mode=0o600)
            kept.write_bytes(key.as_pem(private=True))
        return cls(url, key)

    def token(self, workspace_id: str, scopes: Sequence[str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": f"developer@{workspace_id}",
            "workspace_id": workspace_id,
            "scope": " ".join(scopes),
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        return jwt.encode({"alg": "RS256", "kid": self.key.thumbprint(), "typ": "JWT"}, claims, self.key)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [{**self.key.as_dict(private=False), "kid": self.key.thumbprint()}]}
