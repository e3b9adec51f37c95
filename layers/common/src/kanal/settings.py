"""The settings of a function: environment variables, read once per container by the entry point.

Each function is given only what it needs (template.yaml), so a setting is required when it is asked for.
"""

import os
from collections.abc import Mapping
from functools import cache

from kanal.errors import ConfigurationError


class Settings:
    """Names of this deployment's resources. Raises ConfigurationError for one that is missing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    @property
    def channels_table(self) -> str:
        return self._required("CHANNELS_TABLE")

    @property
    def templates_table(self) -> str:
        return self._required("TEMPLATES_TABLE")

    @property
    def contacts_table(self) -> str:
        return self._required("CONTACTS_TABLE")

    @property
    def messages_table(self) -> str:
        return self._required("MESSAGES_TABLE")

    @property
    def inbound_queue_url(self) -> str:
        return self._required("INBOUND_QUEUE_URL")

    @property
    def inbound_dead_letter_queue_url(self) -> str:
        return self._required("INBOUND_DEAD_LETTER_QUEUE_URL")

    @property
    def send_queue_url(self) -> str:
        return self._required("SEND_QUEUE_URL")

    @property
    def broadcast_queue_url(self) -> str:
        return self._required("BROADCAST_QUEUE_URL")

    @property
    def release_queue_url(self) -> str:
        return self._required("RELEASE_QUEUE_URL")

    @property
    def template_sync_queue_url(self) -> str:
        return self._required("TEMPLATE_SYNC_QUEUE_URL")

    @property
    def media_queue_url(self) -> str:
        return self._required("MEDIA_QUEUE_URL")

    @property
    def bus_name(self) -> str:
        return self._required("BUS_NAME")

    @property
    def secrets_key_id(self) -> str:
        """KMS key that encrypts API keys."""
        return self._required("SECRETS_KEY_ID")

    @property
    def payloads_bucket(self) -> str:
        """Bucket for webhook bodies that do not fit a queue message."""
        return self._required("PAYLOADS_BUCKET")

    @property
    def media_bucket(self) -> str:
        """Bucket for the files of messages."""
        return self._required("MEDIA_BUCKET")

    @property
    def workspace_claim(self) -> str:
        """JWT claim that names the workspace."""
        return self._environment.get("WORKSPACE_CLAIM") or "workspace_id"

    @property
    def dialog360_base_url(self) -> str:
        return self._environment.get("DIALOG360_BASE_URL") or "https://waba-v2.360dialog.io"

    @property
    def webhook_base_url(self) -> str | None:
        """Where the provider reaches us; None means the domain on which the API was called."""
        return self._environment.get("WEBHOOK_BASE_URL") or None

    @property
    def platform_secret_id(self) -> str | None:
        """Secrets Manager id of 360dialog's platform secret, if this deployment has one."""
        return self._environment.get("PLATFORM_SECRET_ID") or None

    def _required(self, name: str) -> str:
        value = self._environment.get(name)
        if not value:
            raise ConfigurationError(f"The environment variable {name} is not set for this function.")
        return value


@cache
def settings() -> Settings:
    return Settings(os.environ)
