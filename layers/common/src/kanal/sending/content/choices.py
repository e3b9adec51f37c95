"""Interactive messages with which a person chooses: reply buttons and lists."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from kanal.sending.content.buttons import Reply
from kanal.sending.content.frame import Framed, unfit
from kanal.sending.content.parts import NOT_BLANK, Strict, refuse, repeated, too_many, within
from kanal.sending.content.products import untitled

# --- reply buttons ---


class ReplyButton(Strict):
    type: Literal["reply"]
    reply: Reply


class ReplyButtons(Strict):
    buttons: Annotated[list[ReplyButton], within("button.buttons")]

    @model_validator(mode="after")
    def _are_told_apart(self) -> Self:
        replies = [(("buttons", at, "reply"), button.reply) for at, button in enumerate(self.buttons)]
        refuse(
            repeated((((*where, "id"), reply.id) for where, reply in replies), "id"),
            repeated((((*where, "title"), reply.title) for where, reply in replies), "title"),
        )
        return self


class ButtonInteractive(Framed):
    type: Literal["button"]
    action: ReplyButtons


# --- list ---


class Row(Strict):
    id: Annotated[str, within("list.row_id"), NOT_BLANK]
    title: Annotated[str, within("list.row_title"), NOT_BLANK]
    description: Annotated[str, within("list.row_description"), NOT_BLANK] | None = None


class RowSection(Strict):
    title: Annotated[str, within("list.section_title"), NOT_BLANK] | None = None
    rows: Annotated[list[Row], within("list.rows")]


class ListAction(Strict):
    button: Annotated[str, within("list.button"), NOT_BLANK]
    sections: Annotated[list[RowSection], within("list.sections")]

    @model_validator(mode="after")
    def _is_one_list(self) -> Self:
        ids = [
            (("sections", number, "rows", at, "id"), row.id)
            for number, section in enumerate(self.sections)
            for at, row in enumerate(section.rows)
        ]
        refuse(
            untitled([section.title for section in self.sections]),
            repeated(ids, "row id"),
            too_many(("sections",), len(ids), "list.rows"),
        )
        return self


class ListInteractive(Framed):
    type: Literal["list"]
    action: ListAction

    @model_validator(mode="after")
    def _has_a_text_header(self) -> Self:
        refuse(unfit(self.header, ("text",), "a list"))
        return self
