"""What holds for every test: no test measures time, so hypothesis does not either."""

from hypothesis import settings

settings.register_profile("xephang", deadline=None)
settings.load_profile("xephang")
