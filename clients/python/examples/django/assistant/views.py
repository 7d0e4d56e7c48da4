"""Plain views: a block, a decorator, a record made by hand, a task, a stream."""

from datetime import timedelta

from django.http import JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import aiusage
from aiusage import Usage

from . import tasks
from .provider import MODEL, messages, openai


def home(request):
    """What the user's calls cost this month, by the template's tag."""
    return render(request, "assistant/home.html")


@csrf_exempt
@require_POST
def summary(request):
    """1. A block around the call. The middleware knows who makes the request."""
    with aiusage.track("openai", MODEL, feature="summary") as call:
        answer = openai().chat.completions.create(
            model=MODEL, messages=messages(request.POST["text"])
        )
        call.set_response(answer)
    return JsonResponse({"answer": answer.choices[0].message.content, "record": call.record_id})


@aiusage.track("openai", MODEL, feature="title")
def write_title(text):
    """2. A decorator: the response that the function returns is read by itself."""
    return openai().chat.completions.create(model=MODEL, messages=messages(text))


@csrf_exempt
@require_POST
def title(request):
    """A view that uses it."""
    answer = write_title(request.POST["text"])
    return JsonResponse({"answer": answer.choices[0].message.content})


@csrf_exempt
@require_POST
def imported(request):
    """3. By hand, where the call was made elsewhere and its figures are known."""
    record_id = aiusage.record(
        provider="openai",
        model=MODEL,
        feature="import",
        usage=Usage(
            input_tokens=int(request.POST["input_tokens"]),
            output_tokens=int(request.POST["output_tokens"]),
        ),
        latency=timedelta(milliseconds=int(request.POST.get("latency_ms", 0))),
    )
    return JsonResponse({"record": record_id})


@csrf_exempt
@require_POST
def report(request):
    """4. A Celery task: its calls belong to the user who asked for it."""
    with aiusage.context(feature="report"):
        task = tasks.write_report.delay(request.POST["text"])
    return JsonResponse({"task": task.id})


@csrf_exempt
@require_POST
def story(request):
    """5. A stream: the record is made when its last piece is out."""
    return StreamingHttpResponse(tell(request.POST["text"]), content_type="text/plain")


@aiusage.track("openai", MODEL, feature="story")
def tell(text):
    """The usage comes with the last chunk, which is read like all others."""
    call = aiusage.current_tracker()
    stream = openai().chat.completions.create(
        model=MODEL,
        messages=messages(text),
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        call.set_response(chunk)
        if chunk.choices and (piece := chunk.choices[0].delta.content):
            yield piece
