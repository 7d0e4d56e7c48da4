"""6. Django REST framework: the user is the one that its authentication found."""

from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

import aiusage

from .provider import MODEL, messages, openai


@api_view(["POST"])
@permission_classes([IsAuthenticated])
def summary(request):
    """The same block as in any view."""
    with aiusage.track("openai", MODEL, feature="api") as call:
        answer = openai().chat.completions.create(
            model=MODEL, messages=messages(request.data["text"])
        )
        call.set_response(answer)
        call.set_metadata(response={"finish_reason": answer.choices[0].finish_reason})
    return Response({"answer": answer.choices[0].message.content})
