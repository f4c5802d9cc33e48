"""Cases when the rule set is amended: which findings stay, who is verified anew by itself, who is opened again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from verification_builders import CHECKLIST, LATER, NOW, RULE_SET, a_case, a_key, a_submission, an_answer, answers

from services.verification.core.arrival import BY_ITSELF, take_carried, take_missing, take_submission
from services.verification.core.case import accept_all, complete, record_findings, reopen, return_case
from services.verification.core.checklist import Checklist
from services.verification.core.findings import Draft
from services.verification.core.model import Case
from shared.contracts.carry import carry
from shared.contracts.common import AskedAgain
from shared.contracts.intake import Submission
from shared.contracts.verification import CaseReopenedV1, SubmissionVerifiedV1
from shared.kernel.errors import Conflict
from shared.messaging.aggregate import Change
from shared.ruleset.document import RuleSet

UNTIL = NOW + timedelta(days=10)


def amended(*, share_unit: str = "%", code: str = "1.3", points: str = "3", asked_if: bool = False) -> RuleSet:
    """The rule set amended: 1.3 asked in another unit, under another code, or with other points."""
    document = RULE_SET.canonical()
    criterion = document["sections"][0]["criteria"][2]
    criterion["inputs"][0]["unit"] = share_unit
    criterion["code"] = code
    criterion["method"]["rows"][0]["points"] = points
    if asked_if:
        criterion["asked_if"] = {"when": {"fact": "input.lan", "is": True}}
    entries = [{"kind": "renamed", "before": ["1.3"], "after": [code]}] if code != "1.3" else []
    return RuleSet.model_validate({**document, "version": "2021.1", "mapping": {"version": "2021", "entries": entries}})


def carried(case: Case, new: RuleSet, **more: Any) -> tuple[Submission, Change[Case]]:
    """The answer as intake carries it, and what it does to the case."""
    found = carry(RULE_SET, new, case.answers)
    submission = a_submission(
        case.number + 1,
        found.answers,
        rule_set=new.ref(),
        carried_from=case.number,
        asked_again=found.asked_again,
        answer_until=UNTIL if found.asked_again else None,
        **more,
    )
    return submission, take_carried(case, submission, RULE_SET, Checklist(new), LATER)


def state(change: Change[Case]) -> Case:
    assert change.state is not None
    return change.state


def types(change: Change[Case]) -> list[str]:
    return [event.data.type_.split(".")[2] for event in change.events]


def verified(**more: Any) -> Case:
    return state(accept_all(a_case(**more), CHECKLIST, by="tham-tra", now=NOW, completing=True))


def test_verified_case_that_loses_nothing_is_verified_anew_by_itself() -> None:
    case = verified()
    new = amended(points="2", code="1.5")
    _, change = carried(case, new)
    assert types(change) == ["verified"]
    after = state(change)
    assert (after.status, after.revision, after.rule_set) == ("verified", 2, new.ref())
    (event,) = change.events
    assert isinstance(event.data, SubmissionVerifiedV1)
    assert event.data.verified_by == BY_ITSELF
    told = {one.criterion: (one.finding, one.verifier) for one in event.data.verified.findings}
    assert told == dict.fromkeys(("1.1", "1.2", "1.5"), ("accepted", "tham-tra"))
    assert after.history[-1].deed == "carried"


def test_verified_case_whose_agency_is_asked_again_is_opened_again() -> None:
    case = verified()
    _, change = carried(case, amended(share_unit="điểm"))
    assert types(change) == ["reopened", "opened"]
    assert isinstance(change.events[0].data, CaseReopenedV1)
    assert change.events[0].data.revision == 1
    after = state(change)
    assert (after.status, after.revision, set(after.findings)) == ("open", 1, {"1.1", "1.2"})
    assert after.history[-1].criteria == ("1.3",)


def test_case_waits_for_what_is_asked_again_until_the_time_is_over() -> None:
    new = amended(share_unit="điểm")
    checklist = Checklist(new)
    case = state(carried(verified(), new)[1])
    with pytest.raises(Conflict) as error:
        complete(case, checklist, by="v", now=UNTIL - timedelta(microseconds=1))
    assert error.value.code == "case.asked_again"
    assert set(state(accept_all(case, checklist, by="v", now=LATER)).findings) == {"1.1", "1.2"}
    done = state(accept_all(case, checklist, by="v", now=UNTIL, completing=True))
    assert (done.status, done.revision) == ("verified", 2)
    assert done.answers.figures["share"] == an_answer(state="not_reported")


def test_answer_to_what_is_asked_again_needs_a_finding_on_that_alone() -> None:
    new = amended(share_unit="điểm")
    checklist = Checklist(new)
    first, change = carried(verified(), new)
    figures = {**first.answers.figures, "share": an_answer("70")}
    given = first.answers.model_copy(update={"figures": figures})
    answer = a_submission(3, given, rule_set=new.ref())
    case = state(take_submission(state(change), answer, checklist, LATER))
    assert checklist.lacking(case.findings, case.answers) == ("1.3",)
    done = state(record_findings(case, checklist, [Draft("1.3", "accepted")], by="v", now=LATER))
    assert state(complete(done, checklist, by="v", now=LATER)).revision == 2


def test_open_case_keeps_what_it_has_and_tells_nothing() -> None:
    case = state(record_findings(a_case(), CHECKLIST, [Draft("1.3", "rejected", "Sai kỳ")], by="v", now=NOW))
    _, change = carried(case, amended(code="1.6"))
    assert types(change) == []
    after = state(change)
    assert (after.status, after.findings["1.6"].reason) == ("open", "Sai kỳ")


def test_returned_case_stays_with_its_agency_under_the_new_codes() -> None:
    due = date(2021, 11, 12)
    own = {"1.3": "Sai số"}
    returned = state(
        return_case(a_case(), CHECKLIST, ["1.3", "1.1"], reason="Thiếu", reasons=own, due_on=due, by="v", now=NOW)
    )
    after = state(carried(returned, amended(code="1.6"))[1])
    assert after.returned is not None
    assert (after.status, after.returned.criteria) == ("returned", ("1.1", "1.6"))
    assert after.returned.reasons == {"1.6": "Sai số"}


def test_same_or_older_word_of_it_changes_nothing() -> None:
    new = amended()
    submission, change = carried(verified(), new)
    again = take_carried(state(change), submission, RULE_SET, Checklist(new), LATER)
    assert (again.state, again.events) == (change.state, ())


def test_first_word_of_an_answer_may_be_that_it_was_carried() -> None:
    new = amended()
    submission = a_submission(2, carry(RULE_SET, new, answers()).answers, rule_set=new.ref(), carried_from=1)
    change = take_carried(None, submission, RULE_SET, Checklist(new), LATER)
    assert (types(change), state(change).number) == (["opened"], 2)


def test_criterion_that_is_not_asked_of_the_agency_needs_no_finding() -> None:
    new = Checklist(amended(asked_if=True))
    findings = {"1.1": state(accept_all(a_case(), CHECKLIST, by="v", now=NOW)).findings["1.1"]}
    assert new.lacking(findings, answers()) == ("1.2", "1.3")
    assert new.lacking(findings, answers(lan=False)) == ("1.2",)
    case = state(
        record_findings(
            a_case(answers(lan=False)), CHECKLIST, [Draft("1.2", "adjusted", "Có", {"lan": True})], by="v", now=NOW
        )
    )
    assert new.lacking(case.findings, case.answers) == ("1.1", "1.3")  # as found, it is asked
    rejected = state(record_findings(a_case(), CHECKLIST, [Draft("1.2", "rejected", "Sai")], by="v", now=NOW))
    assert new.lacking(rejected.findings, answers(lan=False)) == ("1.1", "1.3")


# --- nobody answered ----------------------------------------------------------------------------------------------


def test_missing_case_is_verified_anew_under_the_new_version_once() -> None:
    new = amended().ref()
    case = state(take_missing(None, a_key(), "province", RULE_SET.ref(), NOW))
    change = take_missing(case, a_key(), "province", new, LATER, RULE_SET.ref())
    assert types(change) == ["verified"]
    assert (state(change).rule_set, state(change).revision) == (new, 2)
    assert take_missing(state(change), a_key(), "province", new, LATER, RULE_SET.ref()).events == ()
    # An older word of it, retried late, does not turn it back.
    assert take_missing(state(change), a_key(), "province", RULE_SET.ref(), LATER).state == change.state


def test_missing_case_that_was_opened_again_only_changes_its_version() -> None:
    new = amended().ref()
    case = state(take_missing(None, a_key(), "province", RULE_SET.ref(), NOW))
    opened = state(reopen(case, reason="Khiếu nại", by="op", now=NOW))
    change = take_missing(opened, a_key(), "province", new, LATER, RULE_SET.ref())
    assert (types(change), state(change).rule_set, state(change).status) == ([], new, "open")


def test_asked_again_is_remembered_with_its_reason() -> None:
    submission, _ = carried(a_case(), amended(share_unit="điểm"))
    assert submission.asked_again == (AskedAgain(criterion="1.3", reason="figures", figures=("share",)),)
