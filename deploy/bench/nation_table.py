"""What was found of nations of several sizes, side by side: tables for docs/benchmarks.md, and figures by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from deploy.bench.nation import BEHIND, STAGES, Nation

__all__ = ["figures_of", "tables_of"]

_COMPARED = 2_200  # submissions: the cost of others is told in times of theirs
Row = tuple[str, Sequence[str]]


def tables_of(nations: Sequence[Nation]) -> str:
    """Markdown: seconds on the clock, processor time, and what is resident."""
    sizes = [f"{one.submissions:,} submissions" for one in nations]
    parts = [
        _table("seconds on the clock", sizes, _clock(nations)),
        _table("milliseconds of processor time a submission", sizes, _processor(nations)),
        _table("megabytes resident", ["start", *STAGES, "highest"], _memory(nations)),
    ]
    return "\n\n".join(parts)


def figures_of(nation: Nation) -> dict[str, float]:
    """Everything that is in the tables, for a program."""
    return {
        "submissions": nation.submissions,
        "first post to published rankings, seconds": nation.seconds,
        **{f"{stage}, seconds": nation.stage_seconds(stage) for stage in (*STAGES, BEHIND)},
        **{f"{stage}, ms": nation.stage_ms(stage) for stage in (*STAGES, BEHIND)},
        "all services, ms": _all(nation, nation.ms),
        "all services, without what idling takes, ms": _all(nation, nation.ms_without_idling),
        **{f"{who}, ms": nation.ms(who) for who in nation.looks["start"].processor},
        "making the answers beforehand, ms": _making(nation),
        **{f"{who}, idle, ms a second": nation.idle[who] for who in nation.services},
        **{
            f"{who}, megabytes, {stage}": look.resident[who]
            for who in nation.services
            for stage, look in nation.looks.items()
        },
        **{f"{who}, megabytes, highest": highest for who, highest in nation.highest.items()},
    }


def _clock(nations: Sequence[Nation]) -> Iterable[Row]:
    for stage in STAGES:
        yield stage, [f"{one.stage_seconds(stage):.1f}" for one in nations]
    yield "**first post to published rankings**", [f"**{one.seconds:.1f}**" for one in nations]
    yield BEHIND, [f"{one.stage_seconds(BEHIND):.1f}" for one in nations]


def _processor(nations: Sequence[Nation]) -> Iterable[Row]:
    def each(figure: Callable[[Nation], float], form: str = "{:.2f}") -> list[str]:
        return [form.format(figure(one)) for one in nations]

    for stage in (*STAGES, BEHIND):
        yield stage, each(lambda one, stage=stage: one.stage_ms(stage))  # type: ignore[misc]
    yield "**all services**", each(lambda one: _all(one, one.ms), "**{:.2f}**")
    for who in nations[0].services:
        yield f"of it {who}", each(lambda one, who=who: one.ms(who))  # type: ignore[misc]
    yield "all services, without what idling takes", each(lambda one: _all(one, one.ms_without_idling))
    compared = next((one for one in nations if one.submissions == _COMPARED), nations[0])
    least = _all(compared, compared.ms_without_idling)
    times = f"the same, in times of {compared.submissions:,} submissions"
    yield times, each(lambda one: _all(one, one.ms_without_idling) / least)
    yield "idle, all services, milliseconds a second", each(lambda one: sum(one.idle[who] for who in one.services))
    for who in nations[0].looks["start"].processor:
        if who not in nations[0].services:
            yield f"besides: {who}", each(lambda one, who=who: one.ms(who))  # type: ignore[misc]
    yield "besides, before the first post: making the answers", each(_making)


def _memory(nations: Sequence[Nation]) -> Iterable[Row]:
    for who in nations[0].services:
        for one in nations:
            resident = [one.looks[stage].resident[who] for stage in ("start", *STAGES)]
            yield f"{who}, {one.submissions:,}", [f"{mb:.0f}" for mb in (*resident, one.highest[who])]


def _all(nation: Nation, figure: Callable[[str], float]) -> float:
    return sum(map(figure, nation.services))


def _making(nation: Nation) -> float:
    return nation.making * 1000 / nation.submissions


def _table(title: str, columns: Sequence[str], rows: Iterable[Row]) -> str:
    lines = [f"| {title} | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows)])
