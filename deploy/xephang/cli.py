"""`xephang`: the command line. This file is its table of contents; each command or group has a file in `commands`."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from deploy.xephang.client import PlatformSilent
from deploy.xephang.commands import (
    agencies,
    backup,
    campaign,
    dlq,
    explain,
    kafka,
    lint_files,
    operation,
    parked,
    publish,
    rank,
    ruleset_applicable,
    ruleset_diff,
    ruleset_form,
    ruleset_life,
    ruleset_method,
    ruleset_rehearse,
    ruleset_schema,
    ruleset_test,
    ruleset_workbook,
    run_year,
    score,
    serve,
    submit,
    token,
    trace,
    up,
    up_real,
    verify,
)
from deploy.xephang.commands.connection import disconnect
from deploy.xephang.commands.outcome import (
    OK,
    REFUSED,
    SILENT,
    examples,
    fault_lines,
    note,
    refuse,
    refused_json,
    say_json,
)
from deploy.xephang.commands.usage import usage_fault
from shared.kernel.errors import DomainError, Fault

__all__ = ["app", "main"]

app = typer.Typer(
    name="xephang",
    help="Đánh giá, xếp hạng ứng dụng CNTT và Cổng TTĐT của cơ quan nhà nước (yearly assessment of state agencies).\n\n"
    "Mã thoát (exit codes): 0 xong, 1 bị từ chối, 2 gọi sai, 3 nền tảng không trả lời.",
    epilog=examples("xephang run-year", "xephang up", "xephang ruleset lint services/scoring/rulesets/*/*.yaml"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

ruleset = typer.Typer(
    help="Bộ tiêu chí: kiểm tra, nạp, phê duyệt, kích hoạt, cho thôi dùng (rule sets).",
    epilog=examples("xephang ruleset lint 2022.1.yaml", "xephang ruleset list"),
    no_args_is_help=True,
)
lint_files.register(ruleset)
ruleset_life.register(ruleset)
ruleset_rehearse.register(ruleset)
ruleset_applicable.register(ruleset)
ruleset_schema.register(ruleset)
ruleset_test.register(ruleset)
ruleset_workbook.register(ruleset)
ruleset_diff.register(ruleset)
ruleset_form.register(ruleset)
ruleset_method.register(ruleset)

for _command in (up, up_real, run_year, serve, token, score, explain, submit, rank, operation, trace, backup):
    _command.register(app)
for _name, _group in {
    "agencies": agencies.app,
    "campaign": campaign.app,
    "verify": verify.app,
    "ruleset": ruleset,
    "publish": publish.app,
    "dlq": dlq.app,
    "parked": parked.app,
    "kafka": kafka.app,
    "service": operation.service,
}.items():
    app.add_typer(_group, name=_name)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Vietnamese letters is no reason to fail
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    code: object = OK
    try:
        code = app(args=given, prog_name="xephang", standalone_mode=False)
    except PlatformSilent as silent:
        code = _ended(silent.fault, SILENT, as_json)
    except DomainError as error:
        refuse(error)
        if as_json:
            say_json(refused_json(error))
        code = REFUSED
    except TyperException as error:
        # Who gives a group no command was shown its help already: nothing is left to say.
        code = _ended(usage_fault(error), error.exit_code, as_json) if error.format_message() else error.exit_code
    except typer.Abort:
        note("Đã hủy (aborted)")
        code = REFUSED
    finally:
        disconnect()
    sys.exit(code if isinstance(code, int) else OK)


def _ended(fault: Fault, code: int, as_json: bool) -> int:
    """Say why on stderr, for programs on stdout as well."""
    for line in fault_lines(fault):
        note(line)
    if as_json:
        say_json(refused_json(DomainError.of(fault)))
    return code
