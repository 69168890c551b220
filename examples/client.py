"""Ask a question, and see the answer as it comes: ``python -m examples.client "Who won?"``.

The key is read from ``MISTRAL_API_KEY``. The exit status is 1 if the answer is not whole, whatever the reason.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

import httpx

import conversation_models as cm

__all__ = ["ask", "main"]

# Seconds. `read` is the longest silence: some answers take minutes before they begin.
TIMEOUT = httpx.Timeout(connect=10, read=300, write=30, pool=10)
# The most bytes of an error's body that are read.
LONGEST_ERROR = 65536


class RefusedError(Exception):
    """The service answered with another status than 200. The message is its own."""


def ask(client: httpx.Client, question: str, model: str = "mistral-medium-latest") -> cm.ConversationResponse:
    """Print the answer as it comes, and return it whole. Raises if the stream is cut off or reports an error."""
    request = cm.ConversationRequest(inputs=question, model=model, stream=True)
    body, headers = cm.snake.encode(request), {"content-type": "application/json"}
    with client.stream("POST", "/v1/conversations", content=body, headers=headers) as response:
        if response.status_code != 200:
            raise RefusedError(error_message(response))
        # `collect` tells a whole answer from one that was cut off, and a break after the end of it does not matter.
        return cm.collect(shown(cm.snake.iter_events(response.iter_bytes())))


def shown(events: Iterable[cm.ConversationEvent]) -> Iterator[cm.ConversationEvent]:
    """The same events, each printed before it is passed on."""
    for event in events:
        match event:
            case cm.MessageOutputEvent():
                print(safe(event.text), end="", flush=True)  # `content` may be a string or a chunk.
            case cm.ToolExecutionStartedEvent():
                print(safe(f"[{event.name}]"), end=" ", flush=True)
            case _:
                pass
        yield event


def error_message(response: httpx.Response) -> str:
    """The service's own words for an error, or the beginning of a body that is not the service's, such as a proxy's."""
    body = b""
    with suppress(httpx.HTTPError):  # The beginning of a body that breaks off says more than that it broke off.
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LONGEST_ERROR:
                break
    try:
        message = cm.snake.decode(body, cm.ServiceError).message
    except cm.ConversationDecodeError:
        message = body[:200].decode(errors="replace")
    return f"Status {response.status_code}: {message.strip() or response.reason_phrase}"


# Control characters except line ends and tabs, and characters that hide text or reorder it: a terminal obeys them.
OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    """Text from the wire, with a picture of each character that a terminal would obey instead of showing it."""
    # Carriage returns are left out: most are half of a line end.
    return OBEYED.sub(picture, text.replace("\r", ""))


def picture(match: re.Match[str]) -> str:
    return chr(0x2400 + ord(match[0])) if match[0] < " " else "\N{REPLACEMENT CHARACTER}"


def parser_of(description: str) -> argparse.ArgumentParser:
    """A parser of the options that say what is asked, and where."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", default="mistral-medium-latest")
    parser.add_argument("--base-url", default="https://api.mistral.ai", help="the service, or a gateway in front of it")
    return parser


def headers_with_key(parser: argparse.ArgumentParser) -> dict[str, str]:
    """The headers that hold the key. Ends the program if there is none that can be sent."""
    key = os.environ.get("MISTRAL_API_KEY", "").strip()
    # Of any other key, an error of the HTTP library would show the characters.
    if not re.fullmatch("[!-~]+", key):
        parser.error("MISTRAL_API_KEY is not set to a key")
    return {"authorization": f"Bearer {key}"}


def main(arguments: list[str] | None = None) -> int:
    """Run the program, and return its exit status."""
    parser = parser_of("Ask a question, and see the answer as it comes.")
    parser.add_argument("question")
    given = parser.parse_args(arguments)
    headers = headers_with_key(parser)
    try:
        with httpx.Client(base_url=given.base_url, headers=headers, timeout=TIMEOUT) as client:
            response = ask(client, given.question, given.model)
    except (RefusedError, cm.ConversationModelsError, httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        print(f"\n{safe(str(error)) or type(error).__name__}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
        return 130
    print()
    for call in response.function_calls:
        print(safe(f"[{call.name}] {call.arguments}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
