"""`xephang run-year`: the worked example from the first rule set to the amended second year."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from deploy.xephang.platform import Platform
from deploy.xephang.year.answering import PROGRAMMES, RuleSets
from deploy.xephang.year.effect import amendment_text, moved
from deploy.xephang.year.example import ExampleYear, example_year
from deploy.xephang.year.office import Office, wait_for
from deploy.xephang.year.play import YearPlay
from deploy.xephang.year.results import GROUPS, YearResult, collect, show_tables, summary, write_file
from deploy.xephang.year.stage import OPERATOR, Stage
from deploy.xephang.year.subscriber import Subscriber
from shared.contracts.scoring import Ranking
from shared.kernel.canonical import canonical_json
from shared.kernel.clock import SettableClock
from shared.kernel.exact import vietnamese

__all__ = ["collect_year", "play", "recomputed"]

_ENDED = "play.ended"  # in the data folder: there is nothing left to go on with


async def play(
    out: Path,
    data: Path,
    *,
    fresh: bool,
    years: tuple[int, ...],
    as_json: bool,
    kafka: str = "",
    store: str = "",
    agencies: Collection[str] = (),
    proofs: bool = True,
) -> int:
    """Play the years on a platform of its own in `data`, and leave the results in `out`. Returns the exit code.

    A play that was cut off goes on where it stopped, unless `fresh`; one that came to its end starts anew. `kafka`
    and `store` name real parts; `agencies` those that take part, if not all; `proofs` says whether to fetch how every
    point came about.
    """
    await asyncio.to_thread(_clear, data, only_if_ended=not fresh)
    console = Console(stderr=as_json)
    started = time.monotonic()
    plans = [example_year(year) for year in years]
    plans = [plan.among(agencies) for plan in plans] if agencies else plans
    clock = SettableClock(datetime(min(years), 10, 1, tzinfo=UTC))
    platform = Platform(data, clock=clock, kafka=kafka, store=store)
    await platform.start()
    try:
        console.print(f"Nền tảng chạy tại {platform.url}, Kafka tại {platform.kafka}")
        async with Office(platform.url, platform.issuer) as office, Subscriber(platform.kafka) as subscriber:
            stage = Stage(office, platform.kafka, clock, console.print)
            results = await _play_years(console, stage, subscriber, plans, out, proofs=proofs)
    finally:
        await platform.stop()
    await asyncio.to_thread((data / _ENDED).touch)
    took = vietnamese(f"{time.monotonic() - started:.1f}")
    console.print(f"Xong sau {took} giây; kết quả ở {out}/")
    if as_json:
        print(canonical_json(summary(results)).decode())
    return 0


async def _play_years(
    console: Console, stage: Stage, subscriber: Subscriber, plans: Sequence[ExampleYear], out: Path, *, proofs: bool
) -> list[YearResult]:
    rule_sets: RuleSets = {}
    results: list[YearResult] = []
    for plan in plans:
        console.rule(f"Đợt đánh giá năm {plan.year}")
        before = dict(rule_sets)
        await YearPlay(stage, plan, rule_sets).play()
        result = await collect_year(stage, subscriber, plan, rule_sets, out / plan.campaign, proofs=proofs)
        if results:
            await _show_amendment(console, stage.office, results[-1], before, rule_sets, out)
        show_tables(console, result, results[-1] if results else None)
        results.append(result)
    for result in results:
        await recomputed(stage.office, result)
        console.print(f"Năm {result.year}: tính lại từ số liệu đã thẩm tra cho đúng từng byte như đã công bố")
    return results


async def collect_year(
    stage: Stage, subscriber: Subscriber, plan: ExampleYear, rule_sets: RuleSets, folder: Path, *, proofs: bool = True
) -> YearResult:
    """What a published year leaves in `folder`, once the subscriber has heard of it."""
    wanted = {f"{plan.campaign}/{programme}/{group}" for programme in PROGRAMMES for group in GROUPS}

    async def all_heard() -> bool:
        return wanted <= subscriber.received.keys()

    await wait_for("the subscriber has heard the four rankings", all_heard)
    return await collect(stage.office, subscriber, plan.year, rule_sets, folder, proofs=proofs)


async def recomputed(office: Office, result: YearResult) -> None:
    """Worked out anew from what was verified, the year gives the same bytes as on the day it was published.

    Raises `RuntimeError` for a table that does not.
    """
    for (programme, group), ranking in result.rankings.items():
        path = f"/scoring/rankings/{result.year}/{programme}/{group}/recomputed"
        again = Ranking.model_validate(await office.get(path, OPERATOR))
        if _bytes(again) != _bytes(ranking):
            raise RuntimeError(f"{result.year}/{programme}/{group} recomputes to other bytes than were published")


async def _show_amendment(
    console: Console, office: Office, last: YearResult, before: RuleSets, after: RuleSets, out: Path
) -> None:
    """What was amended between the years, and whom it would have moved in the year before."""
    lines: list[str] = []
    for key, new in after.items():
        old = before[key]
        if old.ref() == new.ref():
            continue
        lines += [amendment_text(old, new).rstrip(), ""]
        changes = await moved(office, str(last.year), new)
        lines.append(f"Nếu áp dụng cho số liệu năm {last.year}, {len(changes)} cơ quan đổi hạng hoặc mức độ:")
        for m in changes:
            lines += m.lines()
        lines.append("")
    text = "\n".join(lines)
    console.rule("Sửa đổi bộ tiêu chí")
    console.print(text, markup=False, highlight=False)
    write_file(out / "amendment.txt", text.encode())


def _clear(data: Path, *, only_if_ended: bool) -> None:
    """Empty the folder, but for the lock that somebody may hold on it."""
    if only_if_ended and not (data / _ENDED).exists():
        return
    for path in data.glob("*"):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".lock":
            path.unlink()


def _bytes(ranking: Ranking) -> bytes:
    return canonical_json(ranking.model_dump(mode="json"))
