"""Who calls, and what the token lets them do.

The JWT authorizer of the HTTP API has checked signature, issuer, audience and expiry before we are called.
Here the claims are read: the workspace from the claim that this deployment names, scopes from `scope` (RFC
8693) or `scp`.
"""

from collections.abc import Mapping
from typing import Any

from kanal.errors import Forbidden
from kanal.ids import WORKSPACE_ID, WorkspaceId

RESOURCE_SERVER = "kanal/"
"""Cognito puts the resource server's name before each scope."""


def workspace_of(event: Mapping[str, Any], scope: str, workspace_claim: str) -> WorkspaceId:
    """The caller's workspace. Raises Forbidden without the scope or a usable workspace claim."""
    claims = _claims(event)
    if scope not in _scopes(claims):
        raise Forbidden(f"The token lacks the scope {scope}.", scope=scope)
    workspace = claims.get(workspace_claim)
    if not isinstance(workspace, str) or not WORKSPACE_ID.fullmatch(workspace):
        raise Forbidden(
            f"The token's claim {workspace_claim} names no workspace: 1 to 64 letters, digits, dots, dashes"
            " or underscores, the first a letter or digit."
        )
    return WorkspaceId(workspace)


def _claims(event: Mapping[str, Any]) -> Mapping[str, Any]:
    authorizer = event["requestContext"].get("authorizer") or {}
    claims: Mapping[str, Any] = authorizer.get("jwt", {}).get("claims") or {}
    return claims


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    """API Gateway hands on a list claim as text in brackets: `[a b]`."""
    granted = claims.get("scope") or claims.get("scp") or ""
    words = granted if isinstance(granted, list) else str(granted).strip("[]").replace(",", " ").split()
    return {str(word).removeprefix(RESOURCE_SERVER) for word in words}
