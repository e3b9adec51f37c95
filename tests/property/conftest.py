"""How hypothesis searches here: the same examples in each run, so that a red test is red for everybody.

HYPOTHESIS_PROFILE=explore looks for new examples, and for longer.
"""

import os

from hypothesis import HealthCheck, settings

_UNHURRIED = [HealthCheck.too_slow]  # a loaded machine is no defect
settings.register_profile(
    "kanal", max_examples=60, deadline=None, derandomize=True, suppress_health_check=_UNHURRIED
)
settings.register_profile("explore", max_examples=500, deadline=None, suppress_health_check=_UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "kanal"))
