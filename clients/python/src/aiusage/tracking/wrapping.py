"""Runs functions, coroutines, generators and async generators inside something."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Run(Protocol):
    """One call of a wrapped function."""

    def begin(self) -> None:
        """The call begins."""

    def step(self) -> AbstractContextManager[None]:
        """Around every piece of the function's own code."""

    def see_item(self, item: object) -> None:
        """A generator gave this."""

    def see_result(self, result: object) -> None:
        """The function returned this."""

    def end(self, error: BaseException | None = None) -> None:
        """The call is over."""


def wrap(function: _Function, new_run: Callable[[], Run]) -> _Function:
    """The function, each call of which is a run.

    The run of a generator begins with its first item and ends when it is exhausted,
    closed or fails.
    """
    if inspect.isasyncgenfunction(function):
        wrapped = _async_generator(function, new_run)
    elif inspect.isgeneratorfunction(function):
        wrapped = _generator(function, new_run)
    elif inspect.iscoroutinefunction(function):
        wrapped = _coroutine(function, new_run)
    else:
        wrapped = _plain(function, new_run)
    return cast("_Function", functools.wraps(function)(wrapped))


def _plain(function: Callable[..., Any], new_run: Callable[[], Run]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        run = new_run()
        run.begin()
        try:
            with run.step():
                result = function(*args, **kwargs)
        except BaseException as error:
            run.end(error)
            raise
        run.see_result(result)
        run.end()
        return result

    return call


def _coroutine(function: Callable[..., Any], new_run: Callable[[], Run]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        run = new_run()
        run.begin()
        try:
            with run.step():
                result = await function(*args, **kwargs)
        except BaseException as error:
            run.end(error)
            raise
        run.see_result(result)
        run.end()
        return result

    return call


def _generator(function: Callable[..., Any], new_run: Callable[[], Run]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        run = new_run()
        run.begin()
        try:
            with run.step():
                generator = function(*args, **kwargs)
            result = yield from _steps(generator, run)
        except BaseException as error:
            run.end(error)
            raise
        run.see_result(result)
        run.end()
        return result

    return call


def _steps(generator: Generator[Any, Any, Any], run: Run) -> Generator[Any, Any, Any]:
    """`yield from generator`, with its own code alone inside the run's steps.

    Else what is set for the generator would be set for whoever reads it, too.
    """
    resume: Callable[[], Any] = functools.partial(next, generator)
    while True:
        try:
            with run.step():
                item = resume()
        except StopIteration as stop:
            return stop.value
        run.see_item(item)
        try:
            sent = yield item
            resume = functools.partial(generator.send, sent)
        except GeneratorExit:
            with run.step():
                generator.close()
            raise
        except BaseException as error:
            resume = functools.partial(generator.throw, error)


def _async_generator(
    function: Callable[..., Any], new_run: Callable[[], Run]
) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        run = new_run()
        run.begin()
        try:
            with run.step():
                generator = function(*args, **kwargs)
            resume: Callable[[], Any] = generator.__anext__
            while True:
                try:
                    with run.step():
                        item = await resume()
                except StopAsyncIteration:
                    break
                run.see_item(item)
                try:
                    sent = yield item
                    resume = functools.partial(generator.asend, sent)
                except GeneratorExit:
                    with run.step():
                        await generator.aclose()
                    raise
                except BaseException as error:
                    resume = functools.partial(generator.athrow, error)
        except BaseException as error:
            run.end(error)
            raise
        run.end()

    return call
