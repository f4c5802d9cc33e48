"""The rules of who may import what: each takes a module and names what in it breaks the rule."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator

from sources import Source, below

__all__ = ["RULES"]

Rule = Callable[[Source], Iterator[str]]

FIRST_PARTY = ("services", "shared", "deploy", "tests")
# What a core may use of the project besides itself: data, exact numbers, and how a decision is said.
CORE_MAY_USE = (
    "shared.kernel",
    "shared.ruleset",
    "shared.contracts",
    "shared.messaging.aggregate.Change",
    "shared.messaging.aggregate.Outgoing",
    "shared.messaging.aggregate.PlainOutgoing",
)
CORE_THIRD_PARTY = ("pydantic",)
# Standard modules that wait, do input and output, or answer differently each time.
IMPURE = (
    *("asyncio", "concurrent", "multiprocessing", "threading", "subprocess", "signal", "socket", "ssl", "select"),
    *("os", "pathlib", "shutil", "tempfile", "glob", "sqlite3", "http", "urllib.request", "logging"),
    *("time", "random", "secrets", "uuid"),
)
# The only modules that may import a library; its neighbours are kept from leaning on it.
ONLY_IN = {
    "motor": ("shared.storage.mongo",),
    "pymongo": ("shared.storage.mongo", "deploy"),
    "bson": ("shared.storage.mongo", "deploy"),
    "durable": ("services.scoring.adapters.durable_engine",),
    "openpyxl": ("services.scoring.adapters.workbook_file",),
    "faststream": ("shared.messaging.kafka", "deploy"),
    "aiokafka": ("shared.messaging.kafka", "deploy"),
    "confluent_kafka": ("deploy",),
}
READS_ENVIRONMENT = ("shared.settings", "deploy")
_ENVIRONMENT = ("environ", "environb", "getenv", "getenvb")
_PRESENT = ("now", "utcnow", "today")


def services_import_only_shared(source: Source) -> Iterator[str]:
    """A service imports itself and `shared`: no other service, no deployment."""
    if below(source.name, "services") and source.name != "services":
        own = ".".join(source.name.split(".")[:2])
        yield from (name for name in source.imports if below(name, *FIRST_PARTY) and not below(name, own, "shared"))


def shared_imports_no_service(source: Source) -> Iterator[str]:
    """What is shared knows nothing of who shares it."""
    if below(source.name, "shared"):
        yield from (name for name in source.imports if below(name, "services", "deploy", "tests"))


def core_imports_only_what_is_pure(source: Source) -> Iterator[str]:
    """A core imports the standard library's pure part, pydantic, and the shared words."""
    service = source.core_of
    if service:
        allowed = (f"services.{service}.core", *CORE_MAY_USE, *CORE_THIRD_PARTY)
        for name in source.imports:
            standard = name.split(".")[0] in sys.stdlib_module_names
            if below(name, *IMPURE) or not (standard or below(name, *allowed)):
                yield name


def libraries_stay_in_their_module(source: Source) -> Iterator[str]:
    """Each driver is imported in one place."""
    for library, places in ONLY_IN.items():
        if not below(source.name, *places):
            yield from (name for name in source.imports if below(name, library))


def only_settings_read_the_environment(source: Source) -> Iterator[str]:
    """The environment is read in one place."""
    if not below(source.name, *READS_ENVIRONMENT):
        yield from (f"os.{name}" for name in _ENVIRONMENT if f"os.{name}" in source.imports)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr in _ENVIRONMENT:
                yield f"line {node.lineno}: {ast.unparse(node)}"


def core_does_not_wait(source: Source) -> Iterator[str]:
    """Nothing in a core is asynchronous."""
    waits = (ast.Await, ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith)
    if source.core_of:
        for node in ast.walk(source.tree):
            if isinstance(node, waits) or (isinstance(node, ast.comprehension) and node.is_async):
                yield f"line {getattr(node, 'lineno', '?')}: {type(node).__name__}"


def core_does_not_ask_the_time(source: Source) -> Iterator[str]:
    """A core is told the time."""
    if source.core_of:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PRESENT:
                yield f"line {node.lineno}: {ast.unparse(node)}"


RULES: tuple[Rule, ...] = (
    services_import_only_shared,
    shared_imports_no_service,
    core_imports_only_what_is_pure,
    libraries_stay_in_their_module,
    only_settings_read_the_environment,
    core_does_not_wait,
    core_does_not_ask_the_time,
)
