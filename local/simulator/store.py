"""The simulator's state in one JSON file, kept between runs."""

import asyncio
from pathlib import Path

from pydantic import TypeAdapter

from local.simulator.numbers import State

FILE_NAME = "simulator.json"
DEBOUNCE_SECONDS = 0.3

_state = TypeAdapter(State)


class Store:
    """Writes a little after a change, so that a burst of changes is one write, and at the end."""

    def __init__(self, directory: Path, *, debounce_seconds: float = DEBOUNCE_SECONDS) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / FILE_NAME
        self._debounce_seconds = debounce_seconds
        self._due: asyncio.TimerHandle | None = None

    def load(self) -> State:
        """Raises pydantic.ValidationError when the file is there and is not ours."""
        return _state.validate_json(self._path.read_bytes()) if self._path.exists() else State()

    def changed(self, state: State) -> None:
        if self._due is None:
            loop = asyncio.get_running_loop()
            self._due = loop.call_later(self._debounce_seconds, self.save, state)

    def save(self, state: State) -> None:
        """The file is always whole: it is written beside and then put in place."""
        if self._due:
            self._due.cancel()
            self._due = None
        beside = self._path.with_suffix(".part")
        beside.write_bytes(_state.dump_json(state, indent=1))
        beside.replace(self._path)
