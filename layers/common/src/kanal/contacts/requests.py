"""Bodies of the contact routes."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kanal.ids import CONTACT_ID, ContactId


def _contact_id(text: str) -> str:
    if not CONTACT_ID.fullmatch(text):
        raise ValueError("must be the id of a contact, such as con_qvc53xdfdd6auj3ev73twp2uoa")
    return text


class OtherContact(BaseModel):
    model_config = ConfigDict(extra="forbid")

    contact_id: Annotated[
        ContactId,
        AfterValidator(_contact_id),
        Field(json_schema_extra={"pattern": f"^{CONTACT_ID.pattern}$"}),
    ] = Field(description="The other contact: the one to merge into this, or to take out of it.")
