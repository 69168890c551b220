"""Settings for the whole suite."""

from hypothesis import HealthCheck, settings

# An example may be slow on a busy machine. That is not a failure.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
