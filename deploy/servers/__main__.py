"""`python -m deploy.servers`: real Kafka and a MongoDB-wire server for connected tests, CI and benchmarks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.servers.archive import provision_for_quick_starts
from deploy.servers.env_file import stop_told
from deploy.servers.errors import ServerError
from deploy.servers.provision import cache_folder, update_lock
from deploy.servers.run import Stopped, run_beside, stay_up, stopped_by_signals

# Ours, apart from what a COMMAND returns; the same number as `timeout` and container runners use.
_SERVERS_FAILED = 125
_ENV_FILE = Path(".xephang/servers.env")  # what `make servers` writes
_CODES = "0 done; 2 wrong usage; 125 the servers could not be had; 128+N stopped by signal N"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options, command = _parse(list(sys.argv[1:] if arguments is None else arguments))
    try:
        with stopped_by_signals():
            return _act(options, command)
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return _SERVERS_FAILED
    except Stopped as stopped:
        return 128 + stopped.number


def _act(options: argparse.Namespace, command: Sequence[str]) -> int:
    if options.action == "provision":
        return _provision(options.update_lock)
    if options.action == "stop":
        return _stop(options.env)
    return _run(command, options.json, options.env)


def _stop(env_file: Path) -> int:
    print("stopped" if stop_told(env_file) else f"no servers run that {env_file} tells of")
    return 0


def _provision(update: bool) -> int:
    if update:
        update_lock()
    print(provision_for_quick_starts())
    return 0


def _run(command: Sequence[str], as_json: bool, env_file: Path | None) -> int:
    provision_for_quick_starts()
    if command:
        return run_beside(command)
    stay_up(as_json, env_file)
    return 0


def _parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    # Everything after `--` is the command's, whatever it looks like.
    ours, dashes, command = _split(arguments)
    parser = _parser()
    options = parser.parse_args(ours)
    if dashes and (options.action != "run" or not command):
        parser.error("`-- COMMAND...` belongs to run, and names a command")
    if command and (options.json or options.env):
        parser.error("--json and --env are for staying up without a command")
    return options, command


def _split(arguments: list[str]) -> tuple[list[str], bool, list[str]]:
    if "--" not in arguments:
        return arguments, False, []
    at = arguments.index("--")
    return arguments[:at], True, arguments[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.servers",
        description="Real servers for connected tests, on loopback only: Apache Kafka, and a MongoDB-wire server\n"
        "(in memory). Needs a JDK 17 or newer and Maven.",
        epilog=f"example: python -m deploy.servers run -- python -m pytest -m connected\n\nexit codes: {_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="provision | run | stop")
    _add_provision(actions)
    _add_run(actions)
    _add_stop(actions)
    return parser


def _add_provision(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    provision = actions.add_parser(
        "provision",
        help="download and verify the servers, once",
        description=f"Downloads the servers with Maven into {cache_folder()}\n(elsewhere: XEPHANG_CACHE), "
        "checks them against deploy/servers/jars.lock, makes them quick to start,\nand prints their folder. "
        "Does nothing if they are there.",
        epilog=f"example: XEPHANG_CACHE=~/xephang-cache python -m deploy.servers provision\n\nexit codes: {_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    provision.add_argument(
        "--update-lock",
        action="store_true",
        help="after changing a pom file: trust what it names now and record its checksums in jars.lock",
    )


def _add_run(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = actions.add_parser(
        "run",
        usage="python -m deploy.servers run [-h] [--json] [--env FILE] [-- COMMAND ...]",
        help="run a command beside the servers, or keep them up",
        description="Starts both servers on free loopback ports and runs COMMAND with XEPHANG_TEST_KAFKA (host:port)\n"
        "and XEPHANG_TEST_MONGO (mongodb://host:port) in its environment; then stops them and removes\n"
        "their data. Without COMMAND they stay up until Ctrl-C, SIGTERM or `stop`, and their addresses are printed,\n"
        "also as XEPHANG_KAFKA and XEPHANG_STORE for `xephang serve`.",
        epilog="examples:\n  python -m deploy.servers run -- python -m pytest -m connected\n"
        "  python -m deploy.servers run --json\n"
        f"  python -m deploy.servers run --env {_ENV_FILE}\n\n"
        f"exit codes: COMMAND's own, 127 if there is no such command; else {_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--json", action="store_true", help="print the addresses as one line of JSON (without COMMAND)")
    run.add_argument(
        "--env", type=Path, metavar="FILE", help="write the addresses to a file for shells to source; one run a file"
    )


def _add_stop(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    stop = actions.add_parser(
        "stop",
        help="stop the servers that an env file tells of",
        description="Ends the servers that `run --env FILE` keeps up, and waits until they have ended.\n"
        "Where none run, it says so and that is no error.",
        epilog=f"example: python -m deploy.servers stop --env {_ENV_FILE}\n\nexit codes: {_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    stop.add_argument("--env", type=Path, metavar="FILE", default=_ENV_FILE, help=f"(default {_ENV_FILE})")


if __name__ == "__main__":
    sys.exit(main())
