"""Settings for the whole suite."""

from hypothesis import HealthCheck, settings

# Times vary with the machine: how long an example took says nothing of whether it is right.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
