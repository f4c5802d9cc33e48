"""What holds for every test: no test measures time, so hypothesis does not either; garbage is looked for seldom."""

from hypothesis import settings
from lengths import WHOLE

from deploy.xephang.collector import collect_seldom

settings.register_profile("xephang", deadline=None, max_examples=100 if WHOLE else 20)
settings.load_profile("xephang")


def pytest_collection_finish() -> None:
    """As services do: all that was imported and collected stays, and need not be looked at again and again."""
    collect_seldom()
