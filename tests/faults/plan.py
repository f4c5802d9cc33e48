"""Which faults strike which campaign, and when: drawn from a seed, the same for the same seed and number."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.registry import SERVICES, topics
from tests.faults.strikes import FAMILIES, STRIKES, Fault

ACTS = 20  # of a campaign: a fault comes with one of them
_LONGEST_OUTAGE = 60.0
_ONLY_SQLITE = frozenset({"disk full"})
_ONLY_MONGO = frozenset({"store cut off", "store stalled", "store frozen"})
_ALONE = frozenset(kind for kind, family in FAMILIES.items() if family in ("deleted", "poison")) | {"zombie"}
# These strike what all services share.
_OF_ALL = frozenset(kind for kind, family in FAMILIES.items() if family in ("deleted", "outage")) | {
    "kill -9 of all services",
    "kill -9 of the broker",
    "kill -9 of everything",
    "broker frozen",
    "store frozen",
}
# How often a kind is drawn beside what has to be there anyway; what takes long is drawn seldom.
_WEIGHTS = {
    "kill -9 of a service": 8,
    "kill -9 of the broker": 2,
    "kill -9 of all services": 2,
    "zombie": 0,
    "broker stopped": 1,
    "broker's data deleted": 2,
    "broker's data deleted, services started again": 1,
    "broker's data deleted, then replay": 1,
    "poisoned topic": 1,
}
_SECONDS = {
    "kill -9 of a service": (0.0, 2.0),
    "kill -9 of all services": (0.0, 2.0),
    "kill -9 of the broker": (0.0, 2.0),
    "kill -9 of everything": (0.0, 2.0),
    "zombie": (0.0, 3.0),
    "delivered out of order": (2.0, 6.0),
    "broker stopped": (4.0, 12.0),
    "clock jumps": (1.0, 6.0),
    "members join and leave": (0.5, 3.0),
    "members join and are killed": (0.5, 3.0),
}
_JUMPS = (-172_800, -86_400, -7_200, -90, 90, 7_200, 86_400, 172_800)  # seconds


@dataclass(frozen=True)
class Moment:
    """A fault, and when: some seconds after the act of that number."""

    act: int
    delay: float
    fault: Fault

    def words(self) -> str:
        """For people."""
        return f"{self.act}+{self.delay} {self.fault.words()}"


@dataclass(frozen=True)
class Trial:
    """One campaign and what strikes it."""

    number: int
    store: str
    moments: tuple[Moment, ...]

    @property
    def campaign(self) -> str:
        return f"c{self.number:03d}"


def draw(seed: int, count: int, only: str = "") -> list[Trial]:
    """So many trials. Each kind of fault comes at least once, each topic is poisoned, each service struck, if there is
    room; `only` draws those whose kind holds that text."""
    chance = random.Random(seed)
    kinds = [kind for kind in STRIKES if only in kind]
    if not kinds:
        raise ValueError(f"no fault is called {only!r}; there are: {', '.join(STRIKES)}")
    faults = _musts(chance, kinds)
    chance.shuffle(faults)
    faults = _every_family_first(faults)[:count]
    weights = [_WEIGHTS.get(kind, 3) or (1 if only else 0) for kind in kinds]
    if not any(weights):
        weights = [1] * len(kinds)
    while len(faults) < count:
        faults.append(_fault(chance, chance.choices(kinds, weights)[0]))
    return _trials(chance, faults, kinds)


def _musts(chance: random.Random, kinds: Sequence[str]) -> list[Fault]:
    faults: list[Fault] = []
    for kind in kinds:
        if kind == "poisoned topic":
            faults += [_fault(chance, kind, name) for name in topics()]
        elif kind in ("kill -9 of a service", "delivered out of order"):
            faults += [_fault(chance, kind, name) for name in SERVICES]
        elif kind == "broker stopped":
            faults += [Fault(kind, "", _LONGEST_OUTAGE), _fault(chance, kind)]
        else:
            faults.append(_fault(chance, kind))
    return faults


def _every_family_first(faults: list[Fault]) -> list[Fault]:
    """So that few trials show something of everything."""
    first: dict[str, Fault] = {}
    for fault in faults:
        first.setdefault(FAMILIES[fault.kind], fault)
    rest = [fault for fault in faults if fault not in first.values()]
    return [*first.values(), *rest]


def _fault(chance: random.Random, kind: str, target: str = "") -> Fault:
    least, most = _SECONDS.get(kind, (1.0, 8.0))
    seconds = round(chance.uniform(least, most), 1)
    if kind == "poisoned topic":
        return Fault(kind, target or chance.choice(list(topics())), 0.0, chance.randrange(10**6))
    if kind.startswith("delivered again"):
        owned = [topic.name for topic in topics().values() if topic.consumers and topic.producer in SERVICES]
        return Fault(kind, target or chance.choice(owned), 0.0, chance.randrange(10**6))
    by = {"clock jumps": chance.choice(_JUMPS)}.get(kind, chance.randrange(10**6))
    if kind.startswith("members"):
        by = chance.choice((1, 1, 2))
    return Fault(kind, "" if kind in _OF_ALL else target or chance.choice(SERVICES), seconds, by)


def _trials(chance: random.Random, faults: Sequence[Fault], kinds: Sequence[str]) -> list[Trial]:
    trials: list[Trial] = []
    for number, fault in enumerate(faults, start=1):
        store = "mongo" if fault.kind in _ONLY_MONGO else "sqlite"
        if fault.kind not in _ONLY_MONGO | _ONLY_SQLITE and chance.random() < 0.3:
            store = "mongo"
        moments = [_moment(chance, fault)]
        if fault.kind not in _ALONE and chance.random() < 0.2:
            apart = _ALONE | (_ONLY_SQLITE if store == "mongo" else _ONLY_MONGO) | {"broker stopped"}
            others = [kind for kind in kinds if kind not in apart]
            if others:
                moments.append(_moment(chance, _fault(chance, chance.choice(others)), moments[0].act))
        trials.append(Trial(number, store, tuple(moments)))
    return trials


# Where something of what a service reads is still to come, so that there is something to put out of order.
_BEFORE = {"intake": (0, 4), "verification": (0, 6), "scoring": (11, 15), "publishing": (13, 18)}


def _moment(chance: random.Random, fault: Fault, act: int | None = None) -> Moment:
    if fault.kind == "delivered out of order":
        act = chance.randint(*_BEFORE[fault.target])
    elif act is None:
        act = chance.randrange(ACTS)
    return Moment(act, round(chance.uniform(0.0, 0.6), 2), fault)
