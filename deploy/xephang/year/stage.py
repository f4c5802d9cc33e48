"""What a year is played on: the platform's addresses, its clock, and where the play says what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from deploy.xephang.year.office import Office
from shared.kernel.clock import LOCAL_ZONE, Clock, SettableClock
from shared.messaging.kafka.broker import build_broker
from shared.messaging.kafka.publisher import FastStreamPublisher
from shared.messaging.messages import Message

__all__ = ["CHAIRMAN", "OPERATOR", "PLATFORM", "RULES_ADMIN", "SECOND_ADMIN", "VERIFIER", "Stage", "local"]

OPERATOR, VERIFIER, PLATFORM, CHAIRMAN = "can-bo-so-tttt", "chuyen-vien-tham-tra", "nen-tang-tinh", "chu-tich-ubnd-tinh"
RULES_ADMIN, SECOND_ADMIN = "chuyen-vien-tieu-chi", "truong-phong-cntt"


def local(day: date, hour: int = 8) -> datetime:
    """A moment of a day on the province's clock."""
    return datetime.combine(day, time(hour), LOCAL_ZONE)


@dataclass(frozen=True)
class Stage:
    """The platform may run in this process or elsewhere. A clock that can be set is taken through the year; another
    one goes as it goes, and then the year's dates must lie behind it.
    """

    office: Office
    kafka: str
    clock: Clock
    say: Callable[[str], None]

    def at(self, moment: datetime) -> None:
        """Go to a moment of the year."""
        if isinstance(self.clock, SettableClock):
            self.clock.set(moment)

    @property
    def today(self) -> date:
        """The present day in the province."""
        return self.clock.now().astimezone(LOCAL_ZONE).date()

    async def publish(self, messages: list[Message]) -> None:
        """Publish as the provincial platform does."""
        broker = build_broker(self.kafka, "nen-tang-tinh")
        await broker.start()
        try:
            await FastStreamPublisher(broker).publish(messages)
        finally:
            await broker.stop()
