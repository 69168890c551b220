"""Chat in the terminal, with functions that the model may call: ``python -m examples.chat``.

The key is read from ``MISTRAL_API_KEY``. Ctrl-C stops an answer, or the program while it waits for you; so does the end
of the input. The exit status is 1 if the last answer was not whole. Put your own functions into ``functions``.
"""

import random
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

import conversation_models as cm

from .client import TIMEOUT, RefusedError, error_message, headers_with_key, parser_of, safe
from .functions import FUNCTIONS, Functions

__all__ = ["Chat", "main"]

MOST_ATTEMPTS = 5
# Seconds. A service that asks for a longer pause is not asked again.
LONGEST_PAUSE = 60.0
# How many times in a row the model may call functions before it has to answer.
MOST_ROUNDS = 20


class Chat:
    """One conversation. The service keeps it, so each request holds only what is new."""

    def __init__(self, client: httpx.Client, functions: Functions, model: str) -> None:
        self._client = client
        self._functions = functions
        self._model = model
        self._conversation_id = ""
        # Results that the service has not accepted yet. It takes no other input before it has them.
        self._results: list[cm.InputEntry] = []

    def say(self, text: str) -> None:
        """Send ``text``, print the answer as it comes, and run the functions that the model calls for it.

        Raises if the answer is not whole: ``RefusedError``, ``httpx.HTTPError`` or ``cm.ConversationModelsError``.
        """
        response = self._ask([cm.MessageInputEntry(role="user", content=text)])
        for _ in range(MOST_ROUNDS):
            if not response.function_calls:
                return
            for call in response.function_calls:
                print(safe(f"[{call.name} {call.arguments}]"), flush=True)
                self._results.append(self._functions.run(call))
            response = self._ask([])
        raise RefusedError(f"The model has called functions {MOST_ROUNDS} times without an answer.")

    def _ask(self, inputs: list[cm.InputEntry]) -> cm.ConversationResponse:
        inputs = [*self._results, *inputs]
        path = "/v1/conversations"
        request: cm.ConversationRequest | cm.ConversationAppendRequest
        if self._conversation_id:
            path += f"/{quote(self._conversation_id, safe='')}"
            request = cm.ConversationAppendRequest(inputs=inputs, stream=True)
        else:
            tools: list[cm.Tool] = [*self._functions.tools]
            request = cm.ConversationRequest(inputs=inputs, model=self._model, tools=tools, stream=True)
        with closing(answer_to(self._client, path, cm.snake.encode(request))) as response:
            # From here on nothing is tried again: the answer has begun.
            self._results.clear()
            return cm.collect(self._shown(cm.snake.iter_events(response.iter_bytes())))

    def _shown(self, events: Iterable[cm.ConversationEvent]) -> Iterator[cm.ConversationEvent]:
        """The same events, each printed before it is passed on."""
        end = ""  # What the line that is being printed needs at its end.
        for event in events:
            match event:
                case cm.ResponseStartedEvent():
                    self._conversation_id = event.conversation_id
                case cm.MessageOutputEvent() if event.text:
                    print(safe(event.text), end="", flush=True)
                    end = "\n"
                case cm.ToolExecutionStartedEvent():
                    print(safe(f"{end}[{event.name} is running]"), flush=True)
                    end = ""
                case cm.ToolExecutionDoneEvent():
                    print(safe(f"{end}[{event.name} is done]"), flush=True)
                    end = ""
                case _:
                    pass
            yield event
        print(end=end, flush=True)


def answer_to(client: httpx.Client, path: str, body: bytes) -> httpx.Response:
    """An answer with status 200, whose body is still to come. Tries again if the service is busy or out of reach.

    Raises ``RefusedError`` or ``httpx.ConnectError`` if that does not help.
    """
    request = client.build_request("POST", path, content=body, headers={"content-type": "application/json"})
    attempt = 1
    while True:
        # A request that was sent, but not answered, is not tried again: the service may be at work on it.
        try:
            response = client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if attempt == MOST_ATTEMPTS:
                raise
            reason, pause = "The service cannot be reached", pause_before(attempt)
        else:
            if response.status_code == 200:
                return response
            with closing(response):
                reason = error_message(response)
                pause = pause_before(attempt, response.headers.get("retry-after", ""))
            is_passing = response.status_code == 429 or response.status_code >= 500
            if not is_passing or attempt == MOST_ATTEMPTS or pause > LONGEST_PAUSE:
                raise RefusedError(reason)
        print(safe(f"[{reason}. Trying again in {pause:.0f} s]"), file=sys.stderr, flush=True)
        time.sleep(pause)
        attempt += 1


def pause_before(attempt: int, retry_after: str = "") -> float:
    """Seconds to wait after this attempt: longer each time, but at least what the service asks for.

    They are random, since otherwise all that were refused together would come back together.
    """
    asked = 0.0
    if re.fullmatch(r"\d{1,9}", retry_after):
        asked = float(retry_after)
    elif retry_after:
        with suppress(ValueError, TypeError, OverflowError):  # It may be neither a number nor a date.
            asked = (parsedate_to_datetime(retry_after) - datetime.now(timezone.utc)).total_seconds()
    pause = random.uniform(0.5, 1) * 2.0**attempt
    return max(pause, asked + random.uniform(0, 1)) if asked > 0 else pause


def reason_of(error: Exception) -> str:
    """What went wrong, for a person."""
    words = str(error) or type(error).__name__
    match error:
        case cm.TruncatedStreamError():
            return "The answer was cut off."
        case cm.ConversationResponseError():
            return f"The service reported an error: {words}"
        case cm.ConversationModelsError():
            return f"The answer cannot be read: {words}"
        case httpx.HTTPError():
            return f"The connection failed: {words}"
        case _:
            return words


def main(arguments: list[str] | None = None) -> int:
    """Run the program, and return its exit status."""
    parser = parser_of("Chat in the terminal.")
    given = parser.parse_args(arguments)
    headers = headers_with_key(parser)
    try:
        with httpx.Client(base_url=given.base_url, headers=headers, timeout=TIMEOUT) as client:
            return converse(Chat(client, FUNCTIONS, given.model))
    except (httpx.InvalidURL, UnicodeError) as error:  # Of the options.
        parser.error(str(error))


def converse(chat: Chat) -> int:
    """Read lines from standard input until its end, and say each of them."""
    status = 0
    while True:
        try:
            text = input("> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return status
        if not text.strip():
            continue
        status = 1
        try:
            chat.say(text)
            status = 0
        except KeyboardInterrupt:
            print("\n[stopped]")
        except (RefusedError, cm.ConversationModelsError, httpx.HTTPError, UnicodeError) as error:
            print(f"\n{safe(reason_of(error))}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
