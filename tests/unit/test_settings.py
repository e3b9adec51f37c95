"""Settings are environment variables; a missing one is named."""

import pytest

from kanal.errors import ConfigurationError
from kanal.settings import Settings

_REQUIRED = {
    "channels_table": "CHANNELS_TABLE",
    "templates_table": "TEMPLATES_TABLE",
    "contacts_table": "CONTACTS_TABLE",
    "messages_table": "MESSAGES_TABLE",
    "inbound_queue_url": "INBOUND_QUEUE_URL",
    "inbound_dead_letter_queue_url": "INBOUND_DEAD_LETTER_QUEUE_URL",
    "release_queue_url": "RELEASE_QUEUE_URL",
    "send_queue_url": "SEND_QUEUE_URL",
    "broadcast_queue_url": "BROADCAST_QUEUE_URL",
    "template_sync_queue_url": "TEMPLATE_SYNC_QUEUE_URL",
    "media_queue_url": "MEDIA_QUEUE_URL",
    "bus_name": "BUS_NAME",
    "secrets_key_id": "SECRETS_KEY_ID",
    "payloads_bucket": "PAYLOADS_BUCKET",
    "media_bucket": "MEDIA_BUCKET",
}
_OPTIONAL = {
    "workspace_claim": ("WORKSPACE_CLAIM", "workspace_id"),
    "dialog360_base_url": ("DIALOG360_BASE_URL", "https://waba-v2.360dialog.io"),
    "webhook_base_url": ("WEBHOOK_BASE_URL", None),
    "platform_secret_id": ("PLATFORM_SECRET_ID", None),
}


def test_every_setting_is_here() -> None:
    """A setting that is added is added to this table, and so to its tests."""
    settings = {name for name, value in vars(Settings).items() if isinstance(value, property)}
    assert settings == {*_REQUIRED, *_OPTIONAL}


@pytest.mark.parametrize("name", _REQUIRED)
def test_a_required_setting_is_read_from_its_variable(name: str) -> None:
    """Each function is given only what it needs, so nothing else is looked at."""
    assert getattr(Settings({_REQUIRED[name]: "value"}), name) == "value"


@pytest.mark.parametrize("environment", [{}, "empty"])
@pytest.mark.parametrize("name", _REQUIRED)
def test_a_missing_setting_is_named(name: str, environment: object) -> None:
    """A wrong deployment says what is wrong with it; an empty value is as good as none."""
    variables = {_REQUIRED[name]: ""} if environment == "empty" else {}
    with pytest.raises(ConfigurationError, match=rf"\b{_REQUIRED[name]}\b"):
        getattr(Settings(variables), name)


@pytest.mark.parametrize("name", _OPTIONAL)
def test_an_optional_setting_has_its_default_also_when_it_is_empty(name: str) -> None:
    """Templates of CloudFormation pass empty parameters as empty variables."""
    variable, default = _OPTIONAL[name]
    assert getattr(Settings({}), name) == default
    assert getattr(Settings({variable: ""}), name) == default
    assert getattr(Settings({variable: "value"}), name) == "value"
