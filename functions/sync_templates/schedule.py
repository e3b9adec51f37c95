"""EventBridge schedule: one sync job for each connected channel."""

from typing import Any

from kanal import composition
from kanal.observability import logger


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    refs = list(composition.channels().all_connected())
    composition.sync_jobs().put(refs)
    logger.info("Template sync scheduled", extra={"channels": len(refs)})
    return {"channels": len(refs)}
