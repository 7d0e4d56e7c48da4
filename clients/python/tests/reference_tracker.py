"""What applications with `core.ai_usage` have in their code, as it stands there."""

from __future__ import annotations

# The only change: old import, new import.
IMPORTS = {
    "from core.ai_usage.tracker import": "from aiusage.compat.tracker import",
    "from core.ai_usage.models import": "from aiusage.compat.tracker import",
}

ENDPOINT = """
from core.ai_usage.tracker import AIUsageTracker

@api_view(['POST'])
@permission_classes([IsAuthenticated])
def your_ai_endpoint(request):
    user = request.user

    # Wrap your AI call
    with AIUsageTracker.track_ai_request(
        user=user,
        feature='chat',  # or 'project_gen', 'code_review', etc.
        provider='openai',  # or 'anthropic', 'google'
        model='gpt-4'
    ) as tracker:

        # Your existing AI call
        response = openai.ChatCompletion.create(...)

        # Track tokens (REQUIRED)
        tracker.set_tokens(
            input_tokens=response.usage.prompt_tokens,
            output_tokens=response.usage.completion_tokens
        )

        # Optional: Add metadata
        tracker.set_metadata(
            response_meta={'finish_reason': response.choices[0].finish_reason}
        )

    return Response({'message': response.choices[0].message.content})
"""

MONTHLY_COST = """
from core.ai_usage.tracker import AIUsageTracker

monthly_cost = AIUsageTracker.get_user_monthly_cost(user)
print(f"User spent ${monthly_cost} this month")
"""

BUDGET = """
from decimal import Decimal
from core.ai_usage.tracker import AIUsageTracker

is_over, current, remaining = AIUsageTracker.check_user_budget(
    user,
    monthly_budget=Decimal('50.00')
)

if is_over:
    # Block expensive requests or show warning
    pass
"""

TOP_USERS = """
from core.ai_usage.models import UserAICostSummary

top_users = UserAICostSummary.get_top_users_by_cost(days=30, limit=10)
for u in top_users:
    print(f"{u['user__email']}: ${u['total_cost']:.2f}")
"""

CAU = """
from core.ai_usage.tracker import AIUsageTracker

# Get CAU for last 30 days
cau_data = AIUsageTracker.get_cau(days=30)
print(f"CAU (30d): ${cau_data['cau']:.2f}")
print(f"Active Users: {cau_data['active_users']}")
print(f"Total Cost: ${cau_data['total_cost']:.2f}")

# Get CAU for specific date range
from datetime import date
cau_data = AIUsageTracker.get_cau(
    start_date=date(2025, 12, 1),
    end_date=date(2025, 12, 31)
)
print(f"December CAU: ${cau_data['cau']:.2f}")

# Compare CAU across different periods
cau_7d = AIUsageTracker.get_cau(days=7)
cau_30d = AIUsageTracker.get_cau(days=30)
cau_90d = AIUsageTracker.get_cau(days=90)

print(f"CAU Trend:")
print(f"  7 days:  ${cau_7d['cau']:.2f} ({cau_7d['active_users']} users)")
print(f"  30 days: ${cau_30d['cau']:.2f} ({cau_30d['active_users']} users)")
print(f"  90 days: ${cau_90d['cau']:.2f} ({cau_90d['active_users']} users)")
"""

FEATURE_COSTS = """
from django.db.models import Sum
from core.ai_usage.models import AIUsageLog

feature_costs = AIUsageLog.objects.values('feature').annotate(
    total_cost=Sum('total_cost'),
    request_count=Count('id')
).order_by('-total_cost')

for fc in feature_costs:
    print(f"{fc['feature']}: ${fc['total_cost']:.2f} ({fc['request_count']} requests)")
"""

DAILY_TREND = """
from core.ai_usage.models import UserAICostSummary
from django.db.models import Sum

daily = UserAICostSummary.objects.filter(
    date__gte=last_30_days
).values('date').annotate(
    cost=Sum('total_cost'),
    requests=Sum('total_requests')
).order_by('date')
"""

CUSTOM_FEATURE = """
from core.ai_usage.tracker import AIUsageTracker

# Track any custom feature
with AIUsageTracker.track_ai_request(
    user=user,
    feature='custom_analysis',  # Your feature name
    provider='openai',
    model='gpt-4'
) as tracker:
    # Your code
    tracker.set_tokens(input_tokens=100, output_tokens=50)
"""

SESSION = """
from core.ai_usage.tracker import AIUsageTracker

# Track related requests in a session
session_id = str(uuid.uuid4())

with AIUsageTracker.track_ai_request(
    user=user,
    feature='multi_step',
    provider='openai',
    model='gpt-4',
    session_id=session_id  # Group related requests
) as tracker:
    # Your code
    tracker.set_tokens(...)
"""

MANUAL_ERROR = """
from core.ai_usage.tracker import AIUsageTracker

with AIUsageTracker.track_ai_request(...) as tracker:
    try:
        response = risky_ai_call()
        tracker.set_tokens(...)
    except CustomException as e:
        tracker.mark_error(str(e), status='custom_error')
        raise
"""


def run(snippet: str, imports: dict[str, str], /, **names: object) -> dict[str, object]:
    """Runs a snippet with its imports changed and nothing else; answers its names.

    Where the text says "(...)", the names it is run with stand: `track_ai_request(...)`
    is called with the one called `placeholder`.
    """
    for old, new in imports.items():
        snippet = snippet.replace(old, new)
    assert all(old not in snippet for old in imports)
    exec(snippet.replace("(...)", "(**placeholder)"), names)
    return names
