"""Who may call: scopes and workspace out of the token's claims."""

from typing import Any

import pytest

from kanal.errors import Forbidden
from kanal.http.access import workspace_of


def _event(**claims: Any) -> dict[str, Any]:
    """As API Gateway's JWT authorizer hands claims on."""
    return {"requestContext": {"authorizer": {"jwt": {"claims": {"workspace_id": "acme", **claims}}}}}


@pytest.mark.parametrize(
    "claims",
    [
        {"scope": "messages:read"},
        {"scope": "channels:read messages:read"},
        {"scope": "kanal/messages:read kanal/channels:read"},
        {"scope": "[channels:read messages:read]"},
        {"scope": "[channels:read, messages:read]"},
        {"scope": ["channels:read", "kanal/messages:read"]},
        {"scp": "messages:read"},
        {"scp": "[messages:read]"},
        {"scp": ["messages:read"]},
        {"scope": "", "scp": "messages:read"},
    ],
)
def test_a_scope_is_found_however_the_issuer_writes_it(claims: dict[str, Any]) -> None:
    """Cognito, Entra and others differ; API Gateway turns lists into text."""
    assert workspace_of(_event(**claims), "messages:read", "workspace_id") == "acme"


@pytest.mark.parametrize(
    "scope",
    [
        *("", "messages", "messages:readonly", "xmessages:read", "MESSAGES:READ", "kanal/channels:read"),
        *("other/messages:read", "messages:write", "[]", ["messages:write"], None),
    ],
)
def test_a_token_without_the_scope_is_refused_by_name(scope: Any) -> None:
    """Promise 9: half a scope is none; the answer says which one is missing."""
    with pytest.raises(Forbidden, match="lacks the scope messages:read") as refusal:
        workspace_of(_event(scope=scope), "messages:read", "workspace_id")
    assert refusal.value.facts == {"scope": "messages:read"}


@pytest.mark.parametrize("workspace", ["acme", "a", "A-1_b.c", "x" * 64, "3n4b5urk76lm00q1"])
def test_the_workspace_comes_from_the_claim_that_the_deployment_names(workspace: str) -> None:
    """Promise 9: one token, one workspace."""
    event = _event(scope="messages:read", workspace_id="other", client_id=workspace)
    assert workspace_of(event, "messages:read", "client_id") == workspace


@pytest.mark.parametrize(
    "workspace", [None, "", "a b", "acme#chn_1", "acme/x", "x" * 65, "ümlaut", "acme\n", ["acme"], "[acme]"]
)
def test_a_workspace_that_could_reach_into_another_is_refused(workspace: Any) -> None:
    """Promise 9: the workspace is part of every key, so nothing that separates keys is in it."""
    with pytest.raises(Forbidden, match="names no workspace"):
        workspace_of(_event(scope="messages:read", workspace_id=workspace), "messages:read", "workspace_id")


@pytest.mark.parametrize(
    "context", [{}, {"authorizer": None}, {"authorizer": {}}, {"authorizer": {"jwt": {}}}]
)
def test_a_request_without_a_token_is_refused(context: dict[str, Any]) -> None:
    """Promise 9: a route that lost its authorizer lets nobody in."""
    with pytest.raises(Forbidden):
        workspace_of({"requestContext": context}, "messages:read", "workspace_id")
