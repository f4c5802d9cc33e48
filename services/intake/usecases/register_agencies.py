"""Enter agencies in the register (danh mục cơ quan)."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.collections import AGENCIES
from services.intake.core.model import AgencyRecord
from shared.contracts.common import Agency
from shared.messaging.aggregate import Change
from shared.messaging.commands import Aggregates

__all__ = ["register_agencies"]


async def register_agencies(aggregates: Aggregates, agencies: Sequence[Agency], by: str) -> None:
    """Enter or rename agencies. Campaigns that are open keep the names they were opened with."""

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
