"""What a play leaves in the output folder, and the tables it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.xephang.year.answering import PROGRAMMES
from deploy.xephang.year.office import Office, Refused
from deploy.xephang.year.stage import OPERATOR
from deploy.xephang.year.subscriber import Subscriber
from services.publishing.core.tables import ranking_table
from services.scoring.core.proof import Proof, render_text
from shared.contracts.common import GroupKey
from shared.contracts.scoring import Ranking
from shared.kernel.canonical import canonical_json
from shared.ruleset.document import Group, Programme, RuleSet

__all__ = ["GROUPS", "YearResult", "collect", "show_tables", "table_of", "write_file"]

GROUPS: tuple[Group, ...] = ("province", "district")
TITLES = {
    ("it", "province"): "Ứng dụng CNTT – khối sở, cơ quan thuộc UBND tỉnh",
    ("it", "district"): "Ứng dụng CNTT – khối UBND huyện, thành phố",
    ("portal", "province"): "Cổng TTĐT – khối sở, cơ quan thuộc UBND tỉnh",
    ("portal", "district"): "Cổng TTĐT – khối UBND huyện, thành phố",
}


_RANKED_BY = {"index": "xếp theo chỉ số (điểm / tối đa)", "total": "xếp theo tổng điểm"}
# That of the published tables, but for the width of a terminal.
_HEADER = ("Hạng", "Cơ quan", "Điểm", "Tối đa", "Chỉ số", "Mức độ")
_WORDS = ("Cơ quan", "Mức độ")


@dataclass
class YearResult:
    """A published year: rankings by (programme, group), with their published bytes."""

    year: int
    rule_sets: Mapping[tuple[Programme, Group], RuleSet]
    rankings: dict[tuple[Programme, Group], Ranking] = field(default_factory=dict)
    published: dict[tuple[Programme, Group], bytes] = field(default_factory=dict)


async def collect(
    office: Office,
    subscriber: Subscriber,
    year: int,
    rule_sets: Mapping[tuple[Programme, Group], RuleSet],
    folder: Path,
    *,
    proofs: bool = True,
) -> YearResult:
    """Fetch what the public gets and write it to `folder`; checks that Kafka and HTTP gave the same bytes.

    With `proofs`, also how every point came about, which takes the longest.
    """
    result = YearResult(year, dict(rule_sets))
    for programme in PROGRAMMES:
        for group in GROUPS:
            key = GroupKey(campaign=str(year), programme=programme, group=group)
            body = (await office.raw(f"/publishing/rankings/{key.text}")).content
            heard = subscriber.received.get(key.text, ("", b""))[1]
            if heard != body:
                raise Refused(f"the subscriber heard other bytes for {key.text} than HTTP serves")
            name = f"{programme}-{group}"
            write_file(folder / f"ranking-{name}.json", body)
            write_file(folder / f"subscriber-{name}.json", heard)
            csv = await office.raw(f"/publishing/rankings/{key.text}/ranking.csv")
            write_file(folder / f"ranking-{name}.csv", csv.content)
            rule_set = rule_sets[(programme, group)]
            write_file(folder / "rule-sets" / f"{rule_set.key}.json", canonical_json(rule_set.canonical()))
            form = await office.raw(f"/intake/campaigns/{year}/forms/{programme}/{group}/html")
            write_file(folder / "forms" / f"{name}.html", form.content)
            method = await office.raw(f"/scoring/rulesets/{rule_set.key}/method?format=html")
            write_file(folder / "methods" / f"{name}.html", method.content)
            ranking = _ranking(body)
            result.rankings[(programme, group)] = ranking
            result.published[(programme, group)] = body
            await _scorecards(office, ranking, folder / "scorecards" / name, proofs=proofs)
    for kind in ("md", "html"):
        page = await office.raw(f"/publishing/decisions/{year}.{kind}")
        write_file(folder / f"decision.{kind}", page.content)
    return result


async def _scorecards(office: Office, ranking: Ranking, folder: Path, *, proofs: bool) -> None:
    key = ranking.key
    for agency in [*(row.agency for row in ranking.rows), *(row.agency for row in ranking.unranked)]:
        path = f"/scoring/scorecards/{key.campaign}/{key.programme}/{agency}"
        if not proofs:
            write_file(folder / f"{agency}.json", (await office.raw(path, OPERATOR)).content)
            continue
        made = (await office.raw(f"{path}/proof", OPERATOR)).content
        write_file(folder / f"{agency}.json", made)
        write_file(folder / f"{agency}.txt", render_text(Proof.model_validate_json(made)).encode())


def _ranking(body: bytes) -> Ranking:
    from shared.contracts.publishing import RankingPublishedV1

    return RankingPublishedV1.model_validate_json(body).published.ranking


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def show_tables(console: Console, result: YearResult, before: YearResult | None) -> None:
    """The four tables of a year; with the change of rank since the year before."""
    for programme in PROGRAMMES:
        for group in GROUPS:
            earlier = before.rankings.get((programme, group)) if before else None
            console.print(table_of(result, programme, group, earlier))


def table_of(result: YearResult, programme: Programme, group: Group, earlier: Ranking | None) -> Table:
    """One ranking under what it is ranked by, with the change since `earlier`; beneath it who has no rank."""
    ranking, rule_set = result.rankings[(programme, group)], result.rule_sets[(programme, group)]
    shown = ranking_table(ranking, rule_set)
    title = f"{result.year} · {TITLES[(programme, group)]} · {_RANKED_BY[rule_set.result.form]}"
    unranked = "\n".join(f"– {name}: {reason}" for _, name, reason in shown.unranked)
    table = Table(title=title, title_justify="left", caption=unranked or None, caption_justify="left")
    for name in _HEADER:
        table.add_column(name, justify="left" if name in _WORDS else "right")
    if earlier is not None:
        table.add_column("Thay đổi", justify="right")
    ranks = {row.agency: row.rank for row in earlier.rows} if earlier else {}
    for row, cells in zip(ranking.rows, shown.rows, strict=True):
        change = (_change(row.rank, ranks.get(row.agency)),) if earlier else ()
        table.add_row(*cells.cells(), *change)
    return table


def _change(rank: int, before: int | None) -> str:
    if before is None or before == rank:
        return "" if before is None else "="
    return f"▲{before - rank}" if rank < before else f"▼{rank - before}"


def summary(results: list[YearResult]) -> dict[str, Any]:
    """What a program reads of a play."""
    return {
        str(result.year): {
            ranking.key.text: [
                {"rank": row.rank, "agency": row.agency, "points": str(row.points), "level": row.level}
                for row in ranking.rows
            ]
            for ranking in result.rankings.values()
        }
        for result in results
    }
