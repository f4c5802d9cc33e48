"""Runs a command beside both servers, or keeps them up; whatever ends us, nothing of ours is left running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from deploy.servers.env_file import telling
from deploy.servers.errors import StartError
from deploy.servers.kafka import KafkaServer
from deploy.servers.mongo import MongoServer
from deploy.servers.server import JavaServer
from deploy.servers.spawn import spawn

__all__ = ["COMMAND_NOT_FOUND", "Stopped", "run_beside", "stay_up", "stopped_by_signals"]

COMMAND_NOT_FOUND = 127
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# How long a command that was told to stop may clean up.
_GRACE_SECONDS = 30


class Stopped(BaseException):
    """We were told to stop by a signal; like KeyboardInterrupt, not for `except Exception`."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.number = number


def run_beside(command: Sequence[str]) -> int:
    """Start both servers, run `command` with their addresses in its environment; returns its exit code."""
    program = shutil.which(command[0])
    if program is None:
        print(f"{command[0]}: no such command", file=sys.stderr)
        return COMMAND_NOT_FOUND
    with _servers() as servers:
        code = _run([program, *command[1:]], os.environ | _addresses(servers))
        for server in servers:
            if server.pid is None:
                print(f"{server.title} ended before the command did:\n{server.log_tail()}", file=sys.stderr)
        return code


def stay_up(as_json: bool, env_file: Path | None = None) -> None:
    """Start both servers, print their addresses, and stay until a signal; `StartError` if a server ends on its own.

    With an `env_file` they stand there too, for shells and for `stop_told`.
    """
    with (
        telling(env_file) if env_file else nullcontext() as told,
        suppress(Stopped),
        _servers() as servers,
    ):
        addresses = _addresses(servers) | _settings(servers)
        if told:
            told.write(addresses)
        _announce(addresses, as_json, env_file)
        _watch(servers)


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """The first stopping signal raises `Stopped`; later ones are ignored, so that the cleaning up is not cut short."""
    hangup_ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # started by nohup
    stopping = _STOPPING[:-1] if hangup_ignored else _STOPPING

    def stop(number: int, _: FrameType | None) -> None:
        for each in stopping:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(signal.Signals(number))

    before = {each: signal.signal(each, stop) for each in stopping}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _announce(addresses: Mapping[str, str], as_json: bool, env_file: Path | None) -> None:
    if as_json:
        print(json.dumps(addresses), flush=True)
        return
    print("\n".join(f"export {name}={address}" for name, address in addresses.items()))
    if env_file:
        print(f"# in another shell: . {env_file}")
    print("# up until Ctrl-C", flush=True)


def _watch(servers: Sequence[JavaServer]) -> NoReturn:
    while True:
        time.sleep(0.5)
        for server in servers:
            if server.pid is None:
                raise StartError(f"{server.title} ended on its own; the end of its log:\n{server.log_tail()}")


@contextmanager
def _servers() -> Iterator[tuple[KafkaServer, MongoServer]]:
    with KafkaServer() as kafka, MongoServer() as mongo:
        yield kafka, mongo


def _addresses(servers: tuple[KafkaServer, MongoServer]) -> dict[str, str]:
    kafka, mongo = servers
    return {"XEPHANG_TEST_KAFKA": kafka.address, "XEPHANG_TEST_MONGO": mongo.address}


def _settings(servers: tuple[KafkaServer, MongoServer]) -> dict[str, str]:
    """The same for `xephang serve`."""
    kafka, mongo = servers
    return {"XEPHANG_KAFKA": kafka.address, "XEPHANG_STORE": mongo.address}


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    process = spawn(command, death_signal=signal.SIGTERM, environment=environment)
    try:
        code = process.wait()
    except Stopped as stopped:
        code = _end(process, stopped.number)
    # As shells say it: ended by signal n is 128 + n.
    return code if code >= 0 else 128 - code


def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> int:
    if not (number == signal.SIGINT and _in_terminal_foreground()):
        process.send_signal(number)
    try:
        return process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _in_terminal_foreground() -> bool:
    """Whether a Ctrl-C went to the command too: a second SIGINT would cut its own cleaning up short."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
