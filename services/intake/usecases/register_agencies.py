"""Enter agencies in the register (danh mục cơ quan)."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.collections import AGENCIES
from services.intake.core.model import AgencyRecord
from shared.contracts.common import Agency
from shared.kernel.errors import Fault, Invalid
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates

__all__ = ["register_agencies"]


async def register_agencies(aggregates: Aggregates, agencies: Sequence[Agency], by: str) -> None:
    """Enter or rename agencies. Campaigns that are open keep the names they were opened with. Raises `Invalid`."""
    _check_each_once(agencies)

    def entering(agency: Agency) -> AgencyRecord:
        return AgencyRecord(agency=agency, registered_by=by)

    await aggregates.execute_many(
        AGENCIES,
        {
            agency.id: lambda old, new=entering(agency): Change(  # type: ignore[misc]
                old if old is not None and old.agency == new.agency else new
            )
            for agency in agencies
        },
        actor=by,
    )


def _check_each_once(agencies: Sequence[Agency]) -> None:
    first = {agency.id: number for number, agency in reversed(list(enumerate(agencies)))}
    faults = [
        Fault(
            "agency.twice",
            f"[{number}].id",
            f"Cơ quan {agency.id} đã có ở trên",
            f"the agency {agency.id} stands further up already",
            "Mỗi cơ quan chỉ nêu một lần",
            "name each agency once",
        )
        for number, agency in enumerate(agencies)
        if first[agency.id] != number
    ]
    if faults:
        raise Invalid("Danh mục có cơ quan trùng mã", "an agency is named twice", faults, "agency.twice")
