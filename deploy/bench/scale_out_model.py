"""How long a campaign takes on so many processes: a calculation from measured costs, the same for the same figures.

Keys are shared out over partitions as Kafka does it (murmur2 of `campaign/agency`), partitions over processes in turn,
as the consumers' group does it. A process has a core of its own and works off what its partitions hold; a service is
done when its fullest process is. What one process does alone (accepting in one call, ranking a table) is not divided.
Broker and store are taken to be fast enough: their own costs stand beside the figures in docs/growing.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from aiokafka.partitioner import murmur2

__all__ = ["NATION", "PROVINCE", "PROVINCES", "Costs", "Size", "Times", "busiest", "growth", "times"]


@dataclass(frozen=True)
class Costs:
    """Processor milliseconds a submission, by who spends them; `publishing` for both of an agency's scorecards."""

    intake: float
    opening: float
    accepting: float
    scoring: float
    ranking: float
    publishing: float


@dataclass(frozen=True)
class Size:
    """So many campaigns, each with so many agencies that answer to two programmes, in two groups."""

    name: str
    campaigns: int
    agencies: int

    @property
    def keys(self) -> list[str]:
        """A key for each agency of each campaign; two submissions have it."""
        return [
            f"{campaign}/co-quan-{n}" for campaign in range(2021, 2021 + self.campaigns) for n in range(self.agencies)
        ]

    @property
    def submissions(self) -> int:
        """Of all campaigns."""
        return self.campaigns * self.agencies * 2


PROVINCE = Size("a province", 1, 30)
PROVINCES = Size("63 provinces", 63, 30)
NATION = Size("a nation in one campaign", 1, 11_000)


@dataclass(frozen=True)
class Times:
    """Seconds of each part, where each service has so many processes; `fullest` of 1 would be shared out evenly."""

    fullest: float
    taken_in: float
    accepted: float
    scored: float
    ranked: float

    @property
    def whole(self) -> float:
        """One after the other: nobody verifies before it is taken in, or ranks before all is scored."""
        return self.taken_in + self.accepted + self.scored + self.ranked


def busiest(keys: Sequence[str], partitions: int, processes: int) -> float:
    """The share of the keys that the fullest of the processes has."""
    share: Counter[int] = Counter()
    for key in keys:
        partition = (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
        share[partition % processes] += 1
    return max(share.values()) / len(keys)


def times(size: Size, costs: Costs, partitions: int, processes: int) -> Times:
    """`processes` of each service. More than partitions have nothing to do."""
    working = min(processes, partitions)
    fullest = busiest(size.keys, partitions, working)
    share = size.submissions * fullest / 1000
    # A verifier's call for a whole campaign is one process's work; campaigns go to processes in turn.
    campaigns = -(-size.campaigns // processes)
    alone = campaigns * size.agencies * 2 / 1000
    return Times(
        fullest=fullest * working,
        taken_in=share * max(costs.intake, costs.opening),  # both work at once
        accepted=alone * costs.accepting,
        scored=share * max(costs.scoring, costs.publishing / 2),
        # Whoever ranks: every process looks at every table, so that nothing is won by more of them.
        ranked=size.submissions / 1000 * costs.ranking,
    )


def growth(costs: Costs, processes: Sequence[int] = (1, 4, 12, 48)) -> dict[str, float]:
    """Seconds of the whole and of its parts, by size and processes a service, as figures by name.

    As many partitions as processes, but four at least, as the registry has them.
    """
    figures: dict[str, float] = {f"{name}, ms": value for name, value in asdict(costs).items()}
    for size in (PROVINCE, PROVINCES, NATION):
        for count in processes:
            found = times(size, costs, max(count, 4), count)
            name = f"{size.name}, {count} of each service"
            figures[f"{name}: seconds"] = found.whole
            figures |= {f"{name}: {part}": value for part, value in asdict(found).items()}
    return figures
