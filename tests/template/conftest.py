import pytest

from tests.template.stack import Stack, translated


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack with every parameter at its default."""
    return translated()
