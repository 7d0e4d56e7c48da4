"""What applications with `AI_model` have in their code, as it stands there."""

from __future__ import annotations

# The only change: old import, new import.
IMPORTS = {
    "from AI_model.services.usage_tracker import": "from aiusage.compat.dual import",
    "from AI_model.services import": "from aiusage.compat.dual import",
    "from AI_model.models import": "from aiusage.compat.dual import",
}

SIMPLE = """
from AI_model.services.usage_tracker import track_ai_usage_safe

track_ai_usage_safe(
    user=request.user,
    section='chat',
    prompt_tokens=150,
    completion_tokens=80,
    response_time_ms=1200,
    success=True
)
"""

BLOCK = """
from AI_model.services.usage_tracker import AIUsageTracker

with AIUsageTracker(user, 'chat') as tracker:
    response = ai_service.generate(prompt)
    tracker.set_tokens(
        prompt_tokens=response.usage.prompt_tokens,
        completion_tokens=response.usage.completion_tokens
    )
"""

SHORT = """
from AI_model.services import track_ai_usage_safe

# Use it anywhere!
track_ai_usage_safe(user, 'chat', 150, 80, 1200, True)
"""

GEMINI_SERVICE = """
from AI_model.services import track_ai_usage_safe
import time

def generate_response(self, prompt, conversation=None):
    start = time.time()

    try:
        # Your existing code
        response = self.model.generate_content(prompt)

        # Add tracking (ONE LINE!)
        track_ai_usage_safe(
            user=self.user,
            section='chat',
            prompt_tokens=response.usage_metadata.prompt_token_count,
            completion_tokens=response.usage_metadata.candidates_token_count,
            response_time_ms=int((time.time() - start) * 1000),
            success=True,
            metadata={'conversation_id': str(conversation.id) if conversation else None}
        )

        return response

    except Exception as e:
        # Track failures too
        track_ai_usage_safe(
            user=self.user,
            section='chat',
            response_time_ms=int((time.time() - start) * 1000),
            success=False,
            error_message=str(e)
        )
        raise
"""

TODAY = """
from AI_model.models import AIUsageTracking
from datetime import date

usage = AIUsageTracking.objects.get(
    user=request.user,
    date=date.today()
)

print(f"Requests: {usage.total_requests}")
print(f"Tokens: {usage.total_tokens}")
print(f"Success rate: {(usage.successful_requests / usage.total_requests * 100):.1f}%")
"""

SECTIONS = """
from AI_model.models import AIUsageLog
from django.db.models import Sum, Count

breakdown = AIUsageLog.objects.filter(
    user=request.user
).values('section').annotate(
    count=Count('id'),
    total_tokens=Sum('total_tokens')
).order_by('-total_tokens')

for item in breakdown:
    print(f"{item['section']}: {item['count']} requests, {item['total_tokens']} tokens")
"""

FAILED = """
from AI_model.models import AIUsageLog

failed = AIUsageLog.objects.filter(
    user=request.user,
    success=False
).order_by('-created_at')[:10]

for log in failed:
    print(f"{log.section}: {log.error_message}")
"""

SHELL = """
# Quick test in Django shell
from AI_model.services import track_ai_usage_safe
from django.contrib.auth import get_user_model

User = get_user_model()
user = User.objects.first()

# Track a test usage
log, tracking = track_ai_usage_safe(
    user=user,
    section='chat',
    prompt_tokens=100,
    completion_tokens=50,
    response_time_ms=1000,
    success=True
)

# Check both were created/updated
print(f"Log: {log}")
print(f"Tracking: {tracking}")
"""
