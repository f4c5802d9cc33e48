"""Which of MongoDB's refusals mean "try again": the emulator never gives them."""

from typing import Any

import pytest
from pymongo.errors import BulkWriteError, ConfigurationError, OperationFailure

from shared.storage import mongo
from shared.storage.mongo import MongoStore, _answering, check_uri
from shared.storage.port import StoreUnavailable

DUPLICATE, FULL, TOO_LARGE, NOT_VALID = 11000, 14031, 17419, 121


def batch(*codes: int, concern: bool = False) -> BulkWriteError:
    errors = [{"index": at, "code": code, "errmsg": "đơn thư"} for at, code in enumerate(codes)]
    details: dict[str, Any] = {"writeErrors": errors, "writeConcernErrors": [{"code": 64}] if concern else []}
    return BulkWriteError(details)


@pytest.mark.parametrize(
    "error",
    [
        batch(FULL),
        batch(TOO_LARGE),
        batch(DUPLICATE, TOO_LARGE, FULL),
        batch(concern=True),
        batch(DUPLICATE, concern=True),
        OperationFailure("full", FULL),
        OperationFailure("too large with what waits", TOO_LARGE),
    ],
)
def test_what_passes_is_tried_again_and_tells_nothing_of_the_document(error: Exception) -> None:
    with pytest.raises(StoreUnavailable) as told, _answering():
        raise error
    assert "đơn thư" not in str(told.value)


@pytest.mark.parametrize("error", [batch(DUPLICATE), batch(NOT_VALID), batch(FULL, NOT_VALID), OperationFailure("", 2)])
def test_what_does_not_pass_is_raised_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), _answering():
        raise error


async def test_a_cluster_that_is_not_in_dns_is_away_and_no_fault_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise ConfigurationError("The DNS query name does not exist")

    monkeypatch.setattr(mongo, "AsyncIOMotorClient", unknown)
    with pytest.raises(StoreUnavailable, match="DNS"):
        await MongoStore.open("mongodb+srv://nowhere.invalid", "xephang_intake", {})


@pytest.mark.parametrize(
    "uri",
    [
        "mongodb://",
        "mongodb://h:99999",
        "mongodb://u:p@ss@h",
        "mongodb://h/?tls=true&tlsCAFile=/khong/co.pem",
        "mongodb://h/?authMechanism=MONGODB-X509&authSource=foo",
        "mongodb://h/?readPreference=primary&readPreferenceTags=a:b",
        "mongodb+srv://",
        "mongodb+srv://u:p@ss@a.b.c",
        "mongodb+srv://u:p@a.b.c:27017/x",
    ],
)
def test_what_can_be_no_servers_address_is_refused_without_asking_anybody(uri: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        check_uri(uri)


@pytest.mark.parametrize(
    "uri", ["mongodb://h", "mongodb://a:1,b:2/?replicaSet=r&tls=true", "mongodb://u:p%40@h/", "mongodb+srv://u:p@a.b.c"]
)
def test_what_can_be_an_address_is_left_to_whoever_opens_it(uri: str) -> None:
    check_uri(uri)
