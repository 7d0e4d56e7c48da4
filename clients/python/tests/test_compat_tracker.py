"""Applications with `core.ai_usage` change their imports, and all goes on."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Avg, Count, Q, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.test import override_settings
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

import aiusage
import reference_tracker as reference
from aiusage import Client, Usage
from aiusage.compat import _days, _users
from aiusage.compat.orm.errors import UnsupportedQueryError
from aiusage.compat.tracker import AIUsageLog, AIUsageTracker, UserAICostSummary
from django_people import new_user

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("site", "within_a_day", "patient_questions")


@pytest.fixture
def user(site: None) -> User:
    return new_user()


def run(snippet: str, **names: object) -> dict[str, Any]:
    return reference.run(snippet, reference.IMPORTS, **names)


def spend(user: User, cost: str = "0.0075", days_ago: int = 0, **fields: Any) -> None:
    """Records a call of gpt-4o that costs so much."""
    tokens = int(Decimal(cost) / Decimal("0.0000025"))
    aiusage.record(
        **{
            "user_id": user.pk,
            "provider": "openai",
            "model": "gpt-4o",
            "usage": Usage(input_tokens=tokens, output_tokens=0),
            "event_time": datetime.now(timezone.utc) - timedelta(days=days_ago),
            **fields,
        }
    )


def calls(user: User) -> list[AIUsageLog]:
    return list(AIUsageLog.objects.filter(user=user))


# -- the text of the application


def test_the_endpoint(user: User) -> None:
    answer = SimpleNamespace(
        usage=SimpleNamespace(prompt_tokens=1000, completion_tokens=500),
        choices=[SimpleNamespace(finish_reason="stop", message=SimpleNamespace(content="Hello"))],
    )
    openai = SimpleNamespace(ChatCompletion=SimpleNamespace(create=lambda **_: answer))
    names = run(
        reference.ENDPOINT,
        openai=openai,
        placeholder={},
        api_view=api_view,
        permission_classes=permission_classes,
        IsAuthenticated=IsAuthenticated,
        Response=Response,
    )
    request = APIRequestFactory().post("/", HTTP_ACCEPT="application/json")
    force_authenticate(request, user)
    assert names["your_ai_endpoint"](request).data == {"message": "Hello"}
    (call,) = calls(user)
    assert (call.feature, call.provider, call.model) == ("chat", "openai", "gpt-4")
    assert (call.input_tokens, call.output_tokens, call.status) == (1000, 500, "success")
    assert call.total_cost == Decimal("0.06")
    assert call.response_metadata == {"finish_reason": "stop"}
    assert call.user == user


def test_the_cost_of_a_month(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    spend(user, "0.0075")
    cost = run(reference.MONTHLY_COST, user=user)["monthly_cost"]
    assert isinstance(cost, Decimal)
    assert cost == Decimal("0.0075")
    assert capsys.readouterr().out == "User spent $0.0075 this month\n"


def test_the_budget(user: User) -> None:
    spend(user, "12.5")
    names = run(reference.BUDGET, user=user)
    assert names["is_over"] is False
    assert (names["current"], names["remaining"]) == (Decimal("12.5"), Decimal("37.5"))
    assert isinstance(names["current"], Decimal)
    spend(user, "40")
    names = run(reference.BUDGET, user=user)
    assert names["is_over"] is True
    assert (names["current"], names["remaining"]) == (Decimal("52.5"), Decimal("-2.5"))


def test_the_top_users(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    # Nobody else spends so much.
    spend(user, "9000")
    top = run(reference.TOP_USERS)["top_users"]
    assert len(top) <= 10
    assert f"{user.email}: $9000.00\n" in capsys.readouterr().out
    mine = next(each for each in top if each["user"] == user.pk)
    assert isinstance(mine["total_cost"], Decimal)
    assert mine["user__username"] == user.username
    assert [each["total_cost"] for each in top] == sorted(
        (each["total_cost"] for each in top), reverse=True
    )


def test_the_cost_of_an_active_user(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    spend(user)
    names = run(reference.CAU)
    said = capsys.readouterr().out
    assert "CAU (30d): $" in said
    assert "December CAU: $" in said
    assert "CAU Trend:" in said
    of_month = names["cau_30d"]
    assert isinstance(of_month["cau"], Decimal)
    assert isinstance(of_month["total_cost"], Decimal)
    assert of_month["active_users"] >= 1
    assert names["cau_90d"]["active_users"] >= of_month["active_users"]
    assert of_month["cau"] * of_month["active_users"] == pytest.approx(of_month["total_cost"])


def a_day_of_our_own() -> date:
    """Nobody else records so long ago, but for other runs of this test."""
    while True:
        day = date(2001, 1, 1) + timedelta(days=uuid.uuid4().int % 7000)
        seen = AIUsageTracker.get_cau(start_date=day, end_date=day + timedelta(days=2))
        if seen["active_users"] == 0:
            return day


def test_both_dates_of_a_range_are_in_it(user: User) -> None:
    day = a_day_of_our_own()
    zone = _days.current_zone()
    for moment in (
        datetime(day.year, day.month, day.day, tzinfo=zone),
        datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=zone) + timedelta(days=1),
    ):
        spend(user, event_time=moment)
    both = AIUsageTracker.get_cau(start_date=day, end_date=day + timedelta(days=1))
    first = AIUsageTracker.get_cau(start_date=day, end_date=day)
    after = AIUsageTracker.get_cau(
        start_date=day + timedelta(days=2), end_date=day + timedelta(days=2)
    )
    assert [one["active_users"] for one in (both, first, after)] == [1, 1, 0]
    entries = AIUsageLog.objects.filter(user=user)
    assert [entries.filter(date=day).count(), entries.filter(date__lte=day).count()] == [1, 1]
    assert entries.filter(date__range=(day, day + timedelta(days=1))).count() == 2
    assert after["cau"] == 0


def test_the_costs_of_features(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    feature = f"feature-{uuid.uuid4()}"
    spend(user, "0.5", feature=feature)
    spend(user, "0.25", feature=feature)
    found = list(run(reference.FEATURE_COSTS, Count=Count)["feature_costs"])
    assert f"{feature}: $0.75 (2 requests)\n" in capsys.readouterr().out
    assert {"feature": feature, "total_cost": Decimal("0.75"), "request_count": 2} in found
    costs = [each["total_cost"] for each in found]
    assert costs == sorted(costs, reverse=True)


def test_the_daily_trend(user: User) -> None:
    spend(user, "0.5")
    spend(user, "0.25", days_ago=3)
    daily = run(reference.DAILY_TREND, last_30_days=_days.today() - timedelta(days=30))["daily"]
    days = {each["date"]: each for each in daily}
    assert list(days) == sorted(days)
    today = days[_days.today()]
    assert isinstance(today["cost"], Decimal)
    assert today["cost"] >= Decimal("0.5")
    assert today["requests"] >= 1
    mine = list(daily.filter(user=user))
    assert [(each["cost"], each["requests"]) for each in mine] == [
        (Decimal("0.25"), 1),
        (Decimal("0.5"), 1),
    ]


def test_a_feature_of_ones_own(user: User) -> None:
    run(reference.CUSTOM_FEATURE, user=user)
    (call,) = calls(user)
    assert (call.feature, call.total_tokens) == ("custom_analysis", 150)


def test_a_session(user: User) -> None:
    placeholder = {"input_tokens": 1, "output_tokens": 2}
    names = run(reference.SESSION, user=user, uuid=uuid, placeholder=placeholder)
    (call,) = calls(user)
    assert (call.session_id, call.total_tokens) == (names["session_id"], 3)


def test_an_error_that_is_told_by_hand(user: User) -> None:
    class CustomError(Exception):
        pass

    def risky_ai_call() -> None:
        raise CustomError("no")

    placeholder = {"user": user, "feature": "x", "provider": "openai", "model": "gpt-4"}
    with pytest.raises(CustomError, match="no"):
        run(
            reference.MANUAL_ERROR,
            risky_ai_call=risky_ai_call,
            CustomException=CustomError,
            placeholder=placeholder,
        )
    (call,) = calls(user)
    assert (call.status, call.error_message, call.success) == ("custom_error", "no", False)


# -- more of what such applications ask


def test_an_exception_is_recorded_and_goes_on(user: User) -> None:
    tracking = AIUsageTracker.track_ai_request(user, "chat", "openai", "gpt-4o")
    with pytest.raises(TimeoutError), tracking:
        raise TimeoutError("too long")
    (call,) = calls(user)
    assert (call.status, call.error_message) == ("timeout", "TimeoutError: too long")


def test_figures_of_a_day(user: User) -> None:
    spend(user, "0.5", feature="chat", latency=timedelta(milliseconds=300))
    spend(user, "0.25", feature="search", status="error", latency=timedelta(milliseconds=100))
    spend(user, "1", days_ago=2)
    today = UserAICostSummary.objects.get(user=user, date=_days.today())
    assert (today.total_cost, today.total_requests) == (Decimal("0.75"), 2)
    assert (today.successful_requests, today.failed_requests) == (1, 1)
    assert today.success_rate == 50
    assert today.average_response_time_ms == 200
    assert today.cost_by_feature == {"chat": Decimal("0.5"), "search": Decimal("0.25")}
    assert today.cost_by_provider == {"openai": Decimal("0.75")}
    assert today.user == user
    days = UserAICostSummary.objects.filter(user=user).order_by("-date")
    assert [each.total_cost for each in days] == [Decimal("0.75"), Decimal("1")]
    by_cost = UserAICostSummary.objects.filter(user=user).order_by("-total_cost")
    assert [each.total_cost for each in by_cost] == [Decimal("1"), Decimal("0.75")]
    assert UserAICostSummary.objects.filter(user=user).count() == 2
    with pytest.raises(UserAICostSummary.DoesNotExist):
        UserAICostSummary.objects.get(user=user, date=_days.today() - timedelta(days=1))


def test_sums_over_all(user: User) -> None:
    spend(user, "0.5", latency=timedelta(milliseconds=300))
    spend(user, "0.25", status="error", latency=timedelta(milliseconds=100))
    mine = AIUsageLog.objects.filter(user=user)
    found = mine.aggregate(
        Sum("total_cost"),
        calls=Count("id"),
        mean=Avg("total_cost"),
        good=Count("id", filter=Q(success=True)),
        bad=Count("id", filter=Q(success=False)),
    )
    assert found == {
        "total_cost__sum": Decimal("0.75"),
        "calls": 2,
        "mean": Decimal("0.375"),
        "good": 1,
        "bad": 1,
    }
    assert mine.aggregate(time=Avg("latency_ms")) == {"time": 200}
    assert mine.aggregate(users=Count("user", distinct=True)) == {"users": 1}


def test_nothing_sums_up_as_in_a_database(user: User) -> None:
    nothing = AIUsageLog.objects.filter(user=user)
    assert nothing.aggregate(cost=Sum("total_cost")) == {"cost": None}
    assert nothing.aggregate(cost=Coalesce(Sum("total_cost"), 0)) == {"cost": 0}
    assert nothing.aggregate(cost=Sum("total_cost", default=0)) == {"cost": 0}
    assert not nothing
    assert nothing.count() == 0
    assert not nothing.exists()
    assert nothing.first() is None
    assert list(AIUsageLog.objects.filter(user__in=[])) == []
    assert AIUsageLog.objects.filter(user=user, success=True).filter(success=False).count() == 0


def test_groups(user: User) -> None:
    spend(user, "3", feature="a")
    spend(user, "1", feature="b", days_ago=1)
    spend(user, "2", feature="c", model="gpt-4o-mini", usage=Usage(input_tokens=0))
    mine = AIUsageLog.objects.filter(user=user)
    by_user = mine.values("user__email", "model").annotate(cost=Sum("total_cost"))
    assert list(by_user.order_by("model")) == [
        {"user__email": user.email, "model": "gpt-4o", "cost": Decimal(4)},
        {"user__email": user.email, "model": "gpt-4o-mini", "cost": Decimal(0)},
    ]
    top = mine.values("feature").annotate(cost=Sum("total_cost")).order_by("-cost")[:1]
    assert list(top) == [{"feature": "a", "cost": Decimal(3)}]
    assert list(mine.values_list("feature", flat=True).distinct().order_by("feature")) == [
        "a",
        "b",
        "c",
    ]
    by_day = mine.annotate(day=TruncDate("created_at")).values("day").annotate(n=Count("id"))
    today = _days.today()
    assert list(by_day.order_by("-day")) == [
        {"day": today, "n": 2},
        {"day": today - timedelta(days=1), "n": 1},
    ]
    assert list(mine.values("user").annotate(n=Count("id"))) == [{"user": user.pk, "n": 3}]


def test_the_log_is_read_in_parts(user: User) -> None:
    for minutes in range(5):
        moment = datetime.now(timezone.utc) - timedelta(minutes=minutes)
        spend(user, session_id=str(minutes), event_time=moment)
    log = AIUsageLog.objects.filter(user__email=user.email).order_by("-created_at")
    assert [each.session_id for each in log] == ["0", "1", "2", "3", "4"]
    assert [each.session_id for each in log[1:3]] == ["1", "2"]
    assert [each.session_id for each in log[1:][1:][:1]] == ["2"]
    assert log[4].session_id == "4"
    assert AIUsageLog.objects.get(id=log[4].id) == log[4]
    assert log.filter(session_id__in=["1", "3"]).count() == 2
    with pytest.raises(AIUsageLog.DoesNotExist):
        AIUsageLog.objects.get(id=uuid.uuid4())
    with pytest.raises(AIUsageLog.MultipleObjectsReturned):
        AIUsageLog.objects.get(user=user)
    with pytest.raises(IndexError):
        log[5]


def test_a_user_whose_id_cannot_be_told(
    user: User, settings_of_site: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("no id")

    ran = False
    with override_settings(AIUSAGE={**settings_of_site, "USER_ID": fail}):
        with AIUsageTracker.track_ai_request(user, "chat", "openai", "gpt-4o"):
            ran = True
        # Nobody's budget is not the user's.
        with pytest.raises(RuntimeError, match="no id"):
            AIUsageTracker.check_user_budget(user, 10)
    assert ran
    assert "cannot tell the id of a user" in caplog.text
    with override_settings(AIUSAGE={**settings_of_site, "USER_ID": lambda _: None}):
        assert _users.id_of(user) == ""


def test_one_call_by_its_id_meets_every_condition(user: User) -> None:
    spend(user, feature="search")
    (call,) = calls(user)
    mine = AIUsageLog.objects.filter(user=user, created_at__gte=call.created_at)
    assert mine.get(id=call.id) == mine.get(pk=call.id, feature="search") == call
    others = AIUsageLog.objects.filter(user=new_user())
    later = AIUsageLog.objects.filter(created_at__gt=call.created_at)
    for conditions in (others, later, mine.filter(feature="chat"), mine.filter(user__in=[])):
        with pytest.raises(AIUsageLog.DoesNotExist):
            conditions.get(id=call.id)
    with pytest.raises(AIUsageLog.DoesNotExist):
        AIUsageLog.objects.get(id=call.id, success=False)
    with pytest.raises(UnsupportedQueryError, match="of all rows"):
        mine[:1].get(id=call.id)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: AIUsageLog.objects.filter(metadata__key=1), "filter(metadata__key=...)"),
        (lambda: AIUsageLog.objects.filter(Q(success=True)), "write the conditions as keywords"),
        (lambda: AIUsageLog.objects.filter(feature__icontains="a"), "filter by one of"),
        (lambda: AIUsageLog.objects.exclude(feature="a"), "filter by what is wanted"),
        (lambda: AIUsageLog.objects.values("latency_ms"), "group by created_at__date, date"),
        (lambda: AIUsageLog.objects.values("user", "model", "status"), "two fields at most"),
        (lambda: AIUsageLog.objects.aggregate(Sum("colour")), "Sum('colour')"),
        (lambda: AIUsageLog.objects.annotate(n=Count("id")), "call values(...) before it"),
        (lambda: list(AIUsageLog.objects.order_by("created_at")), "is read newest first"),
        (lambda: UserAICostSummary.objects.aggregate(Count("id")), "there are Sum of"),
        (lambda: UserAICostSummary.objects.aggregate(Avg("total_cost")), "there are Sum of"),
        (lambda: UserAICostSummary.objects.get(id=1), "get by user and date"),
        (
            lambda: list(AIUsageLog.objects.values("feature").annotate(Avg("latency_ms"))),
            "with aggregate(...)",
        ),
    ],
)
def test_other_queries_say_what_to_ask(ask: Any, said: str) -> None:
    with pytest.raises(UnsupportedQueryError) as caught:
        ask()
    assert said in str(caught.value)
    assert "aiusage.Client()" in str(caught.value)


def test_somebody_who_is_gone_still_cost_something(user: User) -> None:
    spend(user, "8000")
    key = user.pk
    user.delete()
    top = UserAICostSummary.get_top_users_by_cost(days=1, limit=1000)
    assert next(each for each in top if each["user"] == key)["user__email"] == str(key)
    (call,) = AIUsageLog.objects.filter(user_id=key)
    assert call.user is None


def test_more_groups_than_an_answer_holds(client: Client, user: User) -> None:
    """1,200 days and functions together: asked for in halves, none lost."""
    now = datetime.now(timezone.utc)
    for number in range(1200):
        moment = now - timedelta(days=number % 12)
        spend(user, "0.0025", function_name=f"f{number}", event_time=moment)
    assert aiusage.flush(30)
    mine = AIUsageLog.objects.filter(user=user)
    groups = list(
        mine.values("date", "function_name").annotate(n=Count("id"), cost=Sum("total_cost"))
    )
    assert len(groups) == 1200
    assert sum(each["cost"] for each in groups) == mine.aggregate(c=Sum("total_cost"))["c"]
    with pytest.raises(UnsupportedQueryError, match="more than 1,000 groups"):
        list(mine.values("function_name").annotate(n=Count("id")))
    costs = mine.values("function_name").annotate(cost=Sum("total_cost"))
    assert len(costs.order_by("-cost")[:100]) == 100
