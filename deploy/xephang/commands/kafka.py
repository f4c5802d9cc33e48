"""`xephang kafka`: topics, users and rights on a cluster, from the topic registry."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.xephang.client import PlatformSilent
from deploy.xephang.commands.options import AsJson
from deploy.xephang.commands.outcome import examples, misuse, say, say_json, say_table

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

__all__ = ["app"]

app = typer.Typer(
    help="Chủ đề, người dùng và quyền trên Kafka, theo sổ đăng ký chủ đề (topics, users and rights on a cluster).",
    epilog=examples("xephang kafka plan", "xephang kafka apply --bootstrap kafka-1:9092 --secrets ./secrets"),
    no_args_is_help=True,
)

_OPERATIONS = {"read": "đọc", "write": "ghi", "describe": "xem"}
_KINDS = {"topic": "chủ đề", "group": "nhóm"}
_TOO_WIDE = 0o007
_ANSWER_SECONDS = 10.0


@app.command("plan", epilog=examples("xephang kafka plan", "xephang kafka plan --json"))
def plan(as_json: AsJson = False) -> None:
    """Ai được làm gì trên Kafka (who may do what), không cần máy chủ nào."""
    from deploy.kafka.grants import grants, users

    if as_json:
        rights = [
            {"user": g.user, "kind": g.kind, "name": g.name, "operation": g.operation, "prefix": g.prefix}
            for g in grants()
        ]
        say_json({"users": users(), "grants": rights})
        return
    rows = [
        (grant.user, _KINDS[grant.kind], f"{grant.name}{'*' if grant.prefix else ''}", _OPERATIONS[grant.operation])
        for grant in grants()
    ]
    say_table("Quyền trên Kafka (rights)", ("Người dùng", "Loại", "Tên", "Quyền"), rows)


@app.command(
    "apply",
    epilog=examples(
        "xephang kafka apply --bootstrap kafka-1:9092 --secrets ./secrets",
        "xephang kafka apply --bootstrap kafka-1:9093 --admin-config admin.conf --secrets ./secrets --replication 3",
    ),
)
def apply(
    bootstrap: Annotated[str, typer.Option(help="Địa chỉ Kafka, host:port.", show_default=False)],
    secrets_folder: Annotated[
        Path,
        typer.Option(
            "--secrets",
            file_okay=False,
            help="Thư mục mật khẩu, mỗi người dùng một tệp; tệp thiếu được tạo (a file for each user's password).",
            show_default=False,
        ),
    ],
    admin_config: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Cấu hình quản trị của librdkafka, dạng tên=giá trị (admin's own access)."),
    ] = None,
    replication: Annotated[int, typer.Option(min=1, help="Số bản sao của chủ đề mới (replication).")] = 1,
    as_json: AsJson = False,
) -> None:
    """Tạo chủ đề, người dùng SCRAM và quyền; chạy lại không làm gì thêm (create topics, SCRAM users and rights)."""
    from confluent_kafka import KafkaException

    from deploy.kafka.apply import apply_grants, apply_topics, apply_users
    from deploy.kafka.grants import grants, users

    admin = _admin(bootstrap, admin_config)
    passwords = {user: _password(secrets_folder, user) for user in users()}
    try:
        topics = apply_topics(admin, replication)
        apply_users(admin, passwords)
        granted, revoked = apply_grants(admin, grants(), users())
    except (KafkaException, TimeoutError) as error:
        reason = error.args[0].str() if isinstance(error, KafkaException) else "no answer in time"
        raise PlatformSilent(
            bootstrap,
            "Kafka không làm theo được",
            f"Kafka refused or does not answer: {reason}",
            "kiểm tra địa chỉ, quyền quản trị (--admin-config) và authorizer của broker",
            "check the address, the admin's access (--admin-config) and the broker's authorizer",
        ) from error
    if as_json:
        say_json({"topics": topics, "users": sorted(passwords), "granted": len(granted), "revoked": len(revoked)})
        return
    say(f"✓ {len(topics)} chủ đề mới, {len(passwords)} người dùng, thêm {len(granted)} quyền, bớt {len(revoked)} quyền")
    say(f"  (mật khẩu trong {secrets_folder}; passwords are in that folder)")


def _admin(bootstrap: str, config: Path | None) -> AdminClient:
    """Raises `PlatformSilent` where no broker answers."""
    from confluent_kafka import KafkaException

    from deploy.kafka.admin import Unanswered, connected

    try:
        return connected(bootstrap, _options(config), _ANSWER_SECONDS)
    except KafkaException as error:
        raise misuse(f"{config or '--bootstrap'}: {error.args[0].str()}") from error
    except Unanswered as error:
        raise PlatformSilent(
            bootstrap,
            f"không máy chủ Kafka nào trả lời ở địa chỉ này sau {_ANSWER_SECONDS:g} giây",
            f"no Kafka broker answers at this address: {error}",
            "kiểm tra --bootstrap (host:port), mạng, và TLS, mật khẩu trong --admin-config; chưa có gì bị thay đổi",
            "check --bootstrap (host:port), the network, and TLS and password in --admin-config; nothing was changed",
        ) from error


def _options(config: Path | None) -> dict[str, str]:
    """librdkafka's options of a file: `name=value` lines."""
    options: dict[str, str] = {}
    try:
        lines = config.read_text("utf-8").splitlines() if config else []
    except (OSError, ValueError) as error:
        raise misuse(f"{config}: không đọc được ({getattr(error, 'strerror', None) or error})") from error
    for number, line in enumerate(lines, start=1):
        name, equals, value = line.partition("=")
        if line.strip() and not line.lstrip().startswith("#"):
            if not equals:
                raise misuse(f"{config}:{number}: cần dạng tên=giá trị (name=value is needed)")
            options[name.strip()] = value.strip()
    return options


def _password(folder: Path, user: str) -> str:
    """What stands in the user's file; a new one is made where there is none, for its owner's eyes only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{user}.password"
    try:
        with file.open("x", encoding="utf-8") as new:
            file.chmod(0o600)
            new.write(secrets.token_urlsafe(32))
    except FileExistsError:
        if file.stat().st_mode & _TOO_WIDE:
            raise misuse(f"{file}: người khác đọc được, hãy `chmod 600` (readable by others)") from None
    password = file.read_text("utf-8").strip()
    if not re.fullmatch(r"\S{12,200}", password):
        raise misuse(f"{file}: mật khẩu cần 12–200 ký tự, không có khoảng trắng (12–200 characters, no spaces)")
    return password
