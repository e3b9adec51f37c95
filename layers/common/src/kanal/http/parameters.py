"""What several routes take alike: the shape of answers, headers and query parameters."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Header, Query

Json = dict[str, Any]

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key")]
Cursor = Annotated[str | None, Query()]
Limit = Annotated[int, Query(ge=1, le=100)]
"""Entries of a page."""
