"""The dependency rule as a test, and for each of its rules a module that breaks it."""

from __future__ import annotations

import pytest
from import_rules import (
    RULES,
    Rule,
    core_does_not_ask_the_time,
    core_does_not_wait,
    core_imports_only_what_is_pure,
    libraries_stay_in_their_module,
    only_settings_read_the_environment,
    services_import_only_shared,
    shared_imports_no_service,
)
from sources import Source, sources

CORE = "services.scoring.core.points"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule: Rule) -> None:
    broken = [f"{source.name}: {what}" for source in sources() for what in rule(source)]
    assert broken == [], rule.__doc__


@pytest.mark.parametrize(
    ("rule", "module", "text"),
    [
        (services_import_only_shared, "services.intake.app", "import services.scoring.core.points"),
        (services_import_only_shared, "services.intake.app", "from services import scoring"),
        (services_import_only_shared, "services.intake.app", "def f():\n    from services.scoring import app"),
        (services_import_only_shared, "services.intake.app", "from ..scoring import app"),
        (services_import_only_shared, "services.intake.app", "from deploy.xephang import platform"),
        (services_import_only_shared, "services.intake", "import services.intake_again"),
        (shared_imports_no_service, "shared.service", "from services.intake.app import definition"),
        (shared_imports_no_service, "shared.service", "import deploy"),
        (core_imports_only_what_is_pure, CORE, "import httpx"),
        (core_imports_only_what_is_pure, CORE, "from fastapi import APIRouter"),
        (core_imports_only_what_is_pure, CORE, "import asyncio"),
        (core_imports_only_what_is_pure, CORE, "import random"),
        (core_imports_only_what_is_pure, CORE, "from time import time"),
        (core_imports_only_what_is_pure, CORE, "from urllib.request import urlopen"),
        (core_imports_only_what_is_pure, CORE, "from shared.storage.port import DocumentStore"),
        (core_imports_only_what_is_pure, CORE, "from shared.messaging.aggregate import AggregateDocument"),
        (core_imports_only_what_is_pure, CORE, "from shared.messaging.commands import Aggregates"),
        (core_imports_only_what_is_pure, CORE, "from services.scoring.adapters import durable_engine"),
        (core_imports_only_what_is_pure, CORE, "from ..adapters import durable_engine"),
        (libraries_stay_in_their_module, "services.intake.api", "from motor.motor_asyncio import AsyncIOMotorClient"),
        (libraries_stay_in_their_module, "shared.storage.port", "import pymongo.errors"),
        (libraries_stay_in_their_module, "services.scoring.adapters.durable_facts", "from durable import engine"),
        (libraries_stay_in_their_module, "services.scoring.adapters.workbook_guard", "import openpyxl"),
        (libraries_stay_in_their_module, "shared.messaging.inbox", "import aiokafka"),
        (libraries_stay_in_their_module, "shared.messaging.relay", "from faststream.kafka import KafkaBroker"),
        (libraries_stay_in_their_module, "shared.messaging.kafka.publisher", "import confluent_kafka"),
        (only_settings_read_the_environment, "shared.service", "import os\nos.environ['A']"),
        (only_settings_read_the_environment, "services.intake.app", "import os as o\no.getenv('A')"),
        (only_settings_read_the_environment, "services.intake.app", "from os import environ as e"),
        (core_does_not_wait, CORE, "async def f(): ..."),
        (core_does_not_wait, CORE, "async def f(x):\n    return [y async for y in x]"),
        (core_does_not_ask_the_time, CORE, "from datetime import datetime, UTC\ndatetime.now(UTC)"),
        (core_does_not_ask_the_time, CORE, "import datetime\ndatetime.date.today()"),
        (core_does_not_ask_the_time, CORE, "def f(clock): return clock.now()"),
    ],
)
def test_the_rule_bites(rule: Rule, module: str, text: str) -> None:
    assert list(rule(Source.of(module, text)))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("services.scoring.app", "from services.scoring.core import points\nfrom shared.service import Definition"),
        (CORE, "from fractions import Fraction\nfrom pydantic import BaseModel\nfrom shared.kernel.exact import show"),
        (CORE, "from shared.messaging.aggregate import Change, Outgoing\nfrom datetime import time\nx = time()"),
        (CORE, "from urllib.parse import urlsplit\nfrom . import card\ndef f(context): return context.now"),
        ("services.scoring.adapters.durable_engine", "from durable import engine"),
        ("services.scoring.adapters.workbook_file", "from openpyxl import Workbook"),
        ("shared.storage.mongo", "import motor, pymongo"),
        ("shared.messaging.kafka.publisher", "import aiokafka, faststream"),
        ("shared.settings", "import os\nos.environ"),
        ("deploy.xephang.cli", "import os, confluent_kafka\nfrom services.intake.app import definition\nos.environ"),
    ],
)
def test_what_is_allowed_is_let_through(module: str, text: str) -> None:
    assert [what for rule in RULES for what in rule(Source.of(module, text))] == []


def test_relative_imports_of_a_package_are_resolved_from_itself() -> None:
    inside = Source.of("services.intake.core", "from . import model\nfrom ..collections import CAMPAIGNS")
    package = Source(inside.name, inside.tree, is_package=True)
    assert package.imports == {"services.intake.core.model", "services.intake.collections.CAMPAIGNS"}
