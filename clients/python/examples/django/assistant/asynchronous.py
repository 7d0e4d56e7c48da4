"""7. Async views, and an async stream."""

from django.http import JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import aiusage

from .provider import MODEL, async_openai, messages


@csrf_exempt
@require_POST
async def summary(request):
    """The block waits for nothing: recording touches memory alone."""
    async with aiusage.track("openai", MODEL, feature="async") as call:
        answer = await async_openai().chat.completions.create(
            model=MODEL, messages=messages(request.POST["text"])
        )
        call.set_response(answer)
    return JsonResponse({"answer": answer.choices[0].message.content, "record": call.record_id})


@csrf_exempt
@require_POST
async def story(request):
    """The time to the first token is measured by itself."""
    return StreamingHttpResponse(tell(request.POST["text"]), content_type="text/plain")


@aiusage.track("openai", MODEL, feature="async-story")
async def tell(text):
    """Where the reader goes away, the record says so: cancelled."""
    call = aiusage.current_tracker()
    stream = await async_openai().chat.completions.create(
        model=MODEL,
        messages=messages(text),
        stream=True,
        stream_options={"include_usage": True},
    )
    async for chunk in stream:
        call.set_response(chunk)
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            yield piece
