"""Addresses of Kafka and the store, looked at before anything is waited for: what cannot be one is refused at once."""

from __future__ import annotations

from shared.kernel.errors import Fault

__all__ = ["kafka_fault", "store_fault"]

_HIGHEST_PORT = 65535


def kafka_fault(place: str, address: str) -> Fault | None:
    """What is wrong with bootstrap addresses that stand in `place` (an option, a variable); None if nothing is."""
    wrong = next((one for one in address.split(",") if not _is_host_and_port(one.strip())), None)
    if wrong is None:
        return None
    return Fault(
        "kafka.address",
        place,
        f"{wrong.strip()!r} không phải địa chỉ Kafka",
        f"{wrong.strip()!r} is no address of Kafka",
        "nêu host:port, nhiều địa chỉ cách nhau bằng dấu phẩy, ví dụ kafka-1:9092,kafka-2:9092",
        "give host:port, several ones with commas between, for example kafka-1:9092,kafka-2:9092",
    )


def store_fault(place: str, address: str) -> Fault | None:
    """What is wrong with a store's address that stands in `place`; None if nothing is. No server is asked."""
    from shared.storage.opening import check_address

    try:
        check_address(address)
    except ValueError as error:
        return Fault(
            "store.address",
            place,
            "địa chỉ kho dữ liệu không dùng được",
            str(error),
            "nêu sqlite:///thư-mục ghi được, hoặc mongodb://host:27017 (ký tự đặc biệt trong mật khẩu viết dạng %40)",
            "give sqlite:///folder that can be written, or mongodb://host:27017 (special characters as %40)",
        )
    return None


def _is_host_and_port(text: str) -> bool:
    """Without a port it is Kafka's own, 9092."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        return bool(text)
    return bool(host) and "/" not in host and port.isascii() and port.isdigit() and int(port) <= _HIGHEST_PORT
