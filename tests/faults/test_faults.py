"""The short form of `make faults`: a fault of each family, on real servers, with nothing lost, doubled or changed."""

import pytest

from tests.faults.plan import Moment, Trial
from tests.faults.report import summary
from tests.faults.strikes import Fault
from tests.faults.trials import run_trials

pytestmark = pytest.mark.connected

STRUCK = (
    ("sqlite", Moment(9, 0.2, Fault("kill -9 of everything", seconds=0.5))),
    ("sqlite", Moment(12, 0.1, Fault("delivered out of order", "scoring", seconds=2.5, by=3))),
    ("sqlite", Moment(3, 0.0, Fault("disk full", "intake", seconds=2.0))),
    ("sqlite", Moment(6, 0.0, Fault("poisoned topic", "submissions"))),
    ("sqlite", Moment(8, 0.1, Fault("clock jumps", "verification", seconds=2.0, by=-86_400))),
    ("sqlite", Moment(14, 0.1, Fault("broker's data deleted, services started again"))),
    ("mongo", Moment(7, 0.1, Fault("store cut off", "verification", seconds=2.0))),
    ("mongo", Moment(13, 0.1, Fault("broker stalled", "scoring", seconds=3.0))),
)


async def test_nothing_is_lost_doubled_or_changed_whatever_is_struck() -> None:
    trials = [Trial(number, store, (moment,)) for number, (store, moment) in enumerate(STRUCK, start=1)]
    outcomes = await run_trials(trials, print)
    assert [outcome for outcome in outcomes if not outcome.clean] == [], summary(outcomes)
    assert sum(outcome.findings.letters for outcome in outcomes) == 6
