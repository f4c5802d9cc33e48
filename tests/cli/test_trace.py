"""`xephang trace` where something is stuck, missing or away: told from what the services would answer."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from deploy.xephang.client import Client
from deploy.xephang.commands import trace
from tests.cli.conftest import Run

KEY = "2022/it/so-y-te"
SUBMISSION = f"intake/submissions/{KEY}"
CASE = f"verification/cases/{KEY}"
CARD = f"scoring/cards/{KEY}"
RULE_SET = {"id": "bac-giang-it-province", "version": "2022.1", "hash": "0" * 64}
CAMPAIGN = {
    "id": "2022",
    "status": "closed",
    "deadline": "2022-10-16T17:00:00Z",
    "members": [{"id": "so-y-te", "name": "Sở Y tế", "group": "province"}],
}


class Platform:
    """What each service answers; a stream without events has an aggregate only if it is told of."""

    def __init__(self) -> None:
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.standing: dict[str, dict[str, Any]] = {}
        self.letters: dict[str, list[dict[str, Any]]] = {}
        self.settled: dict[str, dict[str, str]] = {}
        self.unpublished: dict[str, dict[str, int]] = {}
        self.streams: list[str] = []
        self.campaign: dict[str, Any] | None = CAMPAIGN
        self.away: set[str] = set()
        self.lag = 0

    def tell(self, stream: str, topic: str, type_: str, minute: int, data: dict[str, Any]) -> None:
        events = self.events.setdefault(stream, [])
        emitted = self.stand(stream)["emitted"]
        emitted[topic] = emitted.get(topic, 0) + 1
        names = ("id", "correlation", "causation", "actor", "traceparent")
        event = {"topic": topic, "sequence": emitted[topic], "key": "2022/so-y-te", "position": len(events) + 1}
        events.append(
            {**event, **dict.fromkeys(names, ""), "type": type_, "time": f"2022-10-03T02:{minute:02}:00Z", "data": data}
        )

    def stand(self, stream: str, **more: Any) -> dict[str, Any]:
        fresh = {"version": 1, "emitted": {}, "consumed": {}, "waits_for": "", "parked": [], "held": []}
        found = self.standing.setdefault(stream, fresh)
        found.update(more)
        return found

    def answer(self, request: httpx.Request) -> httpx.Response:
        _, service, *rest = request.url.path.split("/")
        if service in self.away:
            return httpx.Response(503, json={"title": "đang dừng", "detail": f"{service} is stopped"})
        found = getattr(self, f"_{rest[0].replace('-', '_')}", lambda *_: None)(service, rest[1:], request.url.params)
        return httpx.Response(404, json={"detail": "none"}) if found is None else httpx.Response(200, json=found)

    def _campaigns(self, *_: Any) -> Any:
        return self.campaign

    def _journal(self, _: str, rest: list[str], params: httpx.QueryParams) -> Any:
        if rest:
            return self.streams
        stream, page = params["stream"], 2
        start = int(params.get("after") or 0)
        events = self.events.get(stream, [])
        if params.get("topic"):
            events = [event for event in events if event["topic"] == params["topic"]]
        following = str(start + page) if len(events) > start + page else ""
        return {
            "stream": stream,
            "standing": self.standing.get(stream),
            "events": events[start : start + page],
            "next": following,
        }

    def _dead_letters(self, service: str, rest: list[str], params: httpx.QueryParams) -> Any:
        letters = self.letters.get(service, [])
        if rest:
            found = next(each for each in letters if each["id"] == rest[0])
            return {"message": found, "status": "waiting", "note": "", **self.settled.get(rest[0], {})}
        waiting = [each for each in letters if each["id"] not in self.settled]
        return [{"message": each} for each in waiting if each["id"] > params.get("after", "")][: int(params["limit"])]

    def _status(self, service: str, *_: Any) -> Any:
        consumed = {"platform-submissions": {"lag": self.lag}} if service == "intake" else {}
        return {"unpublished": self.unpublished.get(service, {}), "consumed": consumed}


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    """Received, and verification has taken it in: whatever a test adds is what is wrong."""
    made = Platform()
    transport = httpx.MockTransport(made.answer)
    monkeypatch.setattr(trace, "connect", lambda *_: Client("http://127.0.0.1:1", "", transport=transport))
    submission = {
        "key": {"campaign": "2022", "programme": "it", "agency": "so-y-te"},
        "number": 1,
        "event_id": "/nen-tang#2022-1",
        "submitted_at": "2022-10-03T02:00:00Z",
        "days_late": 0,
        "rule_set": RULE_SET,
    }
    made.tell(SUBMISSION, "submissions", "intake.submission.received.v1", 1, {"submission": submission})
    opened = {"submission_number": 1}
    made.tell(CASE, "verification-activity", "verification.case.opened.v1", 2, opened)
    made.standing[CASE]["consumed"] = {f"submissions|{SUBMISSION}": 1}
    return made


def now(run: Run, *words: str, code: int = 0) -> list[dict[str, Any]]:
    ended = run("trace", *(words or (KEY,)), "--json")
    assert ended.code == code, ended
    return ended.json()["now"]


def letter(number: int, key: str = "2022/so-y-te", subject: str = "", **body: Any) -> dict[str, Any]:
    value = base64.b64encode(json.dumps(body).encode()).decode()
    return {
        "id": f"{number:020}",
        "key": key,
        "topic_name": "platform-submissions",
        "reason": "refused: sai",
        "last_failed_at": "2022-10-03T02:00:00Z",
        "headers": {"ce_subject": subject} if subject else {},
        "value_base64": value,
    }


def test_the_story_in_words(run: Run, platform: Platform) -> None:
    shown = run("trace", "2022", "it", "so-y-te").out
    assert "3 bước trong 2 phút" in shown
    assert "Nhận phiếu lần 1 của so-y-te: trong hạn (hạn hết ngày 16/10/2022)" in shown
    assert "1 phút" in shown
    assert "Chờ thẩm tra" in shown


def test_a_correction_in_time_is_told_with_the_deadline_of_the_return(run: Run, platform: Platform) -> None:
    due = {"criteria": ["1.1"], "due_at": "2022-11-05T17:00:00Z"}
    platform.tell(CASE, "verification-returns", "verification.case.returned.v1", 3, due)
    platform.events[CASE][-1]["time"] = "2022-10-20T02:00:00Z"
    submission = dict(platform.events[SUBMISSION][0]["data"]["submission"], number=2)
    submission["submitted_at"] = "2022-11-05T02:00:00Z"
    amended = {"submission": submission}
    platform.tell(SUBMISSION, "submissions", "intake.submission.amended.v1", 4, amended)
    shown = run("trace", KEY).out
    assert "lần 1 của so-y-te: trong hạn (hạn hết ngày 16/10/2022)" in shown
    assert "lần 2 của so-y-te: trong hạn (theo yêu cầu bổ sung, hạn hết ngày 05/11/2022)" in shown


@pytest.mark.parametrize(("returned_until", "told"), [(None, "10"), ("05", "10"), ("12", "12")])
def test_an_answer_to_what_an_amendment_asks_is_told_with_the_later_deadline(
    run: Run, platform: Platform, returned_until: str | None, told: str
) -> None:
    before = platform.events[SUBMISSION][0]["data"]["submission"]
    if returned_until:
        due = {"criteria": ["1.1"], "due_at": f"2022-11-{returned_until}T16:59:00Z"}
        platform.tell(CASE, "verification-returns", "verification.case.returned.v1", 3, due)
        platform.events[CASE][-1]["time"] = "2022-10-20T02:00:00Z"
    carried = {**before, "number": 2, "asked_again": [{"criterion": "1.1"}], "answer_until": "2022-11-10T17:00:00Z"}
    platform.tell(SUBMISSION, "submissions", "intake.submission.carried.v1", 4, {"submission": carried})
    platform.events[SUBMISSION][-1]["time"] = "2022-10-21T02:00:00Z"
    answered = {**before, "number": 3, "submitted_at": "2022-11-04T02:00:00Z"}
    platform.tell(SUBMISSION, "submissions", "intake.submission.amended.v1", 5, {"submission": answered})
    shown = run("trace", KEY).out
    why = "yêu cầu bổ sung" if told == "12" else "bộ tiêu chí sửa đổi"
    line = next(each for each in shown.splitlines() if "lần 3 của" in each)
    assert f"trong hạn (theo {why}, hạn" in line
    assert (
        f"{told}/11/2022" in shown.partition("lần 3 của")[2].partition("│ ")[0] + shown.partition("lần 3 của")[2][:200]
    )


def test_days_late_count_from_the_campaigns_deadline_also_of_a_correction(run: Run, platform: Platform) -> None:
    due = {"criteria": ["1.1"], "due_at": "2022-11-05T17:00:00Z"}
    platform.tell(CASE, "verification-returns", "verification.case.returned.v1", 3, due)
    submission = platform.events[SUBMISSION][0]["data"]["submission"]
    submission |= {"days_late": 2, "submitted_at": "2022-11-05T02:00:00Z"}
    assert "muộn 2 ngày (hạn hết ngày 16/10/2022)" in run("trace", KEY).out


@pytest.mark.parametrize(("word", "said"), [("2025/itt/so-noi-vu", "itt không có: it, portal"), (" ", "chưa nêu")])
def test_what_cannot_be_the_name_of_a_submission_is_a_wrong_call(
    run: Run, platform: Platform, word: str, said: str
) -> None:
    ended = run("trace", word)
    assert ended.code == 2
    assert said in ended.err


def test_what_the_platform_calls_an_answer_may_look_like_a_submission(run: Run, platform: Platform) -> None:
    platform.streams = [SUBMISSION]
    ended = run("trace", "khao-sat/2022/0007")
    assert ended.code == 0
    assert "Nhận phiếu lần 1" in ended.out


def test_what_was_said_and_not_heard_is_on_its_way(run: Run, platform: Platform) -> None:
    platform.standing[CASE]["consumed"] = {}
    platform.unpublished["intake"] = {"submissions": 7}
    (wait,) = now(run)
    assert wait["code"] == "on_the_way"
    assert "1 sự kiện trên submissions đang tới verification" in wait["vi"]
    assert "7" in wait["vi"]


def test_what_is_kept_is_told_with_what_it_waits_for(run: Run, platform: Platform) -> None:
    platform.stand(CARD, parked=[{"topic": "verifications"}], waits_for="rule_sets/bac-giang-it-province@2022.1")
    platform.stand(CASE, held=[{}, {}])
    waits = now(run)
    assert [wait["code"] for wait in waits] == ["held", "parked"]
    assert "bac-giang-it-province@2022.1" in waits[1]["vi"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (letter(1, subject=KEY), True),
        (letter(1, subject="2022/portal/so-y-te"), False),
        (letter(1, programme="it"), True),
        (letter(1, data={"programme": "portal"}), False),
        (letter(1, key="2022/so-noi-vu", subject=KEY), False),
        (letter(1, key="", campaign="2022", programme="it", agency="so-y-te"), True),
        (letter(1, key="", campaign="2022", programme="it", agency="so-noi-vu"), False),
        (letter(1, key=""), False),
        ({**letter(1), "value_base64": base64.b64encode(b"no JSON").decode()}, True),
    ],
)
def test_dead_letters_of_it_are_named(run: Run, platform: Platform, given: dict[str, Any], told: bool) -> None:
    platform.letters["intake"] = [given]
    waits = now(run)
    assert [wait["code"] for wait in waits] == (["dead_letter"] if told else ["verification"])
    if told:
        assert f"xephang dlq show {given['id']}" in waits[0]["vi"]


def test_dead_letters_are_looked_for_on_all_pages(run: Run, platform: Platform) -> None:
    others = [letter(number, key="2022/so-noi-vu") for number in range(500)]
    platform.letters["scoring"] = [*others, letter(600, subject=KEY)]
    assert [wait["code"] for wait in now(run)] == ["dead_letter"]


def test_one_of_thousands_that_were_set_aside_together_is_found(run: Run, platform: Platform) -> None:
    def aside(number: int, agency: str) -> dict[str, Any]:
        content = {"campaign": "2022", "programme": "it", "agency": agency}
        reason = f"set aside: lan: gõ nhầm (submissions/2022/it/{agency} chờ – waited for campaigns/2022)"
        return {**letter(number, key="", **content), "reason": reason}

    platform.letters["intake"] = [*(aside(number, f"so-{number}") for number in range(600)), aside(700, "so-y-te")]
    (wait,) = now(run)
    assert wait["code"] == "dead_letter"
    assert f"{700:020}" in wait["vi"]


def test_what_the_platform_sent_may_not_be_taken_in_yet(run: Run, platform: Platform) -> None:
    platform.events, platform.standing, platform.lag = {}, {}, 12
    (wait,) = now(run)
    assert wait["code"] == "no_answer"
    assert "còn 12 thông điệp" in wait["vi"]


@pytest.mark.parametrize(
    ("word", "campaign", "told"),
    [
        ("2023/it/so-y-te", None, ("không có đợt đánh giá 2023", "xephang campaign status")),
        ("2022/it/so-y-tee", CAMPAIGN, ("không có cơ quan so-y-tee", "có phải so-y-te?")),
        ("2022/portal/so-y-te", {**CAMPAIGN, "programmes": ["it"]}, ("không có chương trình portal", ": it")),
    ],
)
def test_a_name_that_nobody_knows_is_refused_with_what_was_looked_for(
    run: Run, platform: Platform, word: str, campaign: dict[str, Any] | None, told: tuple[str, ...]
) -> None:
    platform.campaign = campaign
    ended = run("trace", word, "--json")
    assert ended.code == 1
    assert ended.json()["refused"]["code"] == "trace.unknown"
    for words in (*told, word, "intake, verification, scoring, publishing"):
        assert words in ended.err


def test_what_is_kept_of_one_that_is_in_no_campaign_is_told(run: Run, platform: Platform) -> None:
    platform.campaign = None
    platform.stand("intake/submissions/2023/it/so-y-te", parked=[{}], waits_for="campaigns/2023")
    assert [wait["code"] for wait in now(run, "2023/it/so-y-te")] == ["parked"]
    platform.letters["intake"] = [letter(1, key="2024/so-y-te", programme="it")]
    assert [wait["code"] for wait in now(run, "2024/it/so-y-te")] == ["dead_letter"]


def test_where_somebody_does_not_answer_nothing_is_called_unknown(run: Run, platform: Platform) -> None:
    platform.away = {"verification"}
    assert [wait["code"] for wait in now(run, "2022/it/so-y-tee", code=3)] == ["silent"]


class TestByTheIdOfAMessageThatIsADeadLetter:
    """The platform knows its own ids only."""

    ID = "2022-it-so-y-te-1"

    @pytest.fixture(autouse=True)
    def _found(self, platform: Platform) -> None:
        platform.streams = [f"intake/dead_letters/{1:020}"]

    def test_its_submission_is_told_with_the_letter_once(self, run: Run, platform: Platform) -> None:
        platform.letters["intake"] = [letter(1, programme="it")]
        assert [wait["code"] for wait in now(run, self.ID)] == ["dead_letter"]

    def test_also_where_its_kafka_key_is_another(self, run: Run, platform: Platform) -> None:
        named = {"campaign": "2022", "programme": "it", "agency": "so-y-te"}
        platform.letters["intake"] = [letter(1, key="k", data=named)]
        assert [wait["code"] for wait in now(run, self.ID)] == ["dead_letter"]

    def test_who_discarded_it_and_why_is_told(self, run: Run, platform: Platform) -> None:
        platform.letters["intake"] = [letter(1, programme="it")]
        platform.settled[f"{1:020}"] = {"status": "discarded", "note": "lan: Gửi nhầm đợt"}
        waits = now(run, self.ID)
        assert [wait["code"] for wait in waits] == ["verification", "discarded"]
        assert "lan: Gửi nhầm đợt" in waits[1]["vi"]

    def test_where_it_does_not_tell_whose_it_is_the_letter_is_named(self, run: Run, platform: Platform) -> None:
        platform.letters["intake"] = [{**letter(1, key="k"), "value_base64": base64.b64encode(b"no JSON").decode()}]
        ended = run("trace", self.ID, "--json")
        assert ended.code == 1
        assert ended.json()["refused"]["code"] == "trace.dead_letter"
        assert f"xephang dlq show {1:020}" in ended.err
        assert "refused: sai" in ended.err


def test_a_service_that_is_away_leaves_a_gap(run: Run, platform: Platform) -> None:
    platform.away = {"scoring"}
    ended = run("trace", KEY, "--json")
    assert ended.code == 3
    assert ended.json()["silent"] == ["scoring"]
    assert ended.json()["now"][0]["code"] == "silent"
    assert "scoring is stopped" in ended.err
    platform.away = {"intake", "verification", "scoring", "publishing"}
    assert run("trace", KEY).code == 3


def test_all_pages_are_read(run: Run, platform: Platform) -> None:
    finding = {"submission_number": 1, "findings": [{"finding": "accepted"}, {"finding": "rejected"}]}
    for minute in range(3, 20):
        platform.tell(CASE, "verification-activity", "verification.finding.recorded.v1", minute, finding)
    steps = run("trace", KEY, "--json").json()["steps"]
    assert len(steps) == 20
    assert "1 chấp nhận, 1 không chấp nhận" in steps[-1]["vi"]


def test_an_older_return_is_told_like_a_newer_one(run: Run, platform: Platform) -> None:
    common = {"due_at": "2022-10-20T00:00:00Z", "reason": "x"}
    for number, named in enumerate(({"criteria": ["1.1"]}, {"corrections": [{"criterion": "1.1", "reason": "x"}]}), 1):
        type_ = f"verification.case.returned.v{number}"
        platform.tell(CASE, "verification-returns", type_, 2 + number, {**common, **named})
    platform.standing[SUBMISSION]["consumed"] = {f"verification-returns|{CASE}": 2}
    story = run("trace", KEY, "--json").json()
    assert [step["vi"] for step in story["steps"][-2:]] == ["Trả lại để sửa 1 tiêu chí, hạn 20/10/2022 07:00:00"] * 2
    assert story["now"][0]["code"] == "correction"


@pytest.mark.parametrize(
    ("words", "streams", "code"),
    [
        ((KEY,), [], 0),
        ((f"{SUBMISSION}#submissions.1",), [], 0),
        (("2022-it-so-y-te-1",), [SUBMISSION], 0),
        (("2022-it-so-y-te-1",), [], 1),
        (("2022-it-so-y-te-1",), [SUBMISSION, "intake/submissions/2022/it/so-noi-vu"], 1),
        (("2022", "it"), [], 2),
        (("2022", "nope", "so-y-te"), [], 2),
    ],
)
def test_a_submission_is_found_by_its_names(
    run: Run, platform: Platform, words: tuple[str, ...], streams: list[str], code: int
) -> None:
    platform.streams = streams
    ended = run("trace", *words, "--json")
    assert ended.code == code
    if code == 0:
        assert ended.json()["submission"] == KEY
