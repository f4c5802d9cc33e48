"""What pydantic complains of reads as Vietnamese, whoever asks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.kernel.complaints import complaint_vi


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: date = date(2022, 11, 30)
    at: datetime | None = None
    year: Annotated[int, Field(ge=2000, le=2100)] = 2022
    hash: Annotated[str, Field(pattern="^[0-9a-f]+$", min_length=2)] = "00"
    sure: bool = True
    kind: Literal["it", "portal"] = "it"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"day": "30/11/2022"}, "năm-tháng-ngày"),
        ({"at": "hôm qua"}, "thời điểm"),
        ({"year": "hai nghìn"}, "số nguyên"),
        ({"year": 1999}, "nhỏ hơn"),
        ({"year": 2200}, "lớn hơn"),
        ({"hash": "xyz"}, "không đúng dạng"),
        ({"hash": "0"}, "quá ngắn"),
        ({"hash": 7}, "văn bản"),
        ({"sure": "có lẽ"}, "true hoặc false"),
        ({"kind": "web"}, "không có trong"),
        ({"other": 1}, "không có trường"),
    ],
)
def test_a_complaint_is_in_vietnamese(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _Asked.model_validate(given)
    (item,) = refused.value.errors()
    assert said in complaint_vi(item)
    assert item["msg"] not in complaint_vi(item)


def test_a_rare_complaint_is_quoted() -> None:
    assert complaint_vi({"type": "recursion_loop", "msg": "Recursion error"}).endswith("Recursion error")
