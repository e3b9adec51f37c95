"""The body with which an upload is announced. What WhatsApp takes is checked in `announce`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kanal.media.kinds import Kind


class AnnounceUpload(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Kind = Field(description="What the file will be sent as.")
    mime_type: Annotated[str, StringConstraints(min_length=3, max_length=200)]
    size_bytes: int = Field(description="Its exact size: no other can be uploaded.", ge=1)
    filename: Annotated[str, StringConstraints(min_length=1, max_length=240)] | None = None
