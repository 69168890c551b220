"""Threads that use the library for the first time at the same moment, each time in a fresh process."""

import subprocess
import sys

import pytest

# All threads start on one barrier, and switch as often as the interpreter lets them. They all do the same, or each does
# something else that needs the same types, so that builds run into each other.
PROGRAM = r"""
import sys, threading
import conversation_models as cm

sys.setswitchinterval(1e-6)
snake = b'{"conversation_id":"c","outputs":[{"content":[{"text":"Hi"},{"type":"new"}]},{"type":"new"}],"usage":{}}'
camel = snake.replace(b"conversation_id", b"conversationId")
done = b'data: {"type":"conversation.response.done","usage":{}}\n\n'
call = cm.FunctionCallEntry(tool_call_id="t", name="f", arguments='{"a": 1}')
usage = cm.ResponseDoneEvent(usage=cm.ConversationUsageInfo(total_tokens=1))
uses = [
    lambda: cm.snake.decode(snake).outputs[0].text,
    lambda: cm.camel.decode(camel).outputs[0].text,
    lambda: cm.snake.decode(b'[{"type":"text","text":"Hi"}]', list[cm.ContentChunk])[0].text,
    lambda: cm.snake.event_decoder().feed(done)[0].usage.total_tokens,
    lambda: cm.snake.encode(usage),
    lambda: cm.camel.drift(camel)[0],
    lambda: cm.snake.peek(snake).usage.total_tokens,
    lambda: cm.patch(camel, ["usage"], cm.ConversationUsageInfo()) and call.decode_arguments()["a"],
]
expected = ["Hi", "Hi", "Hi", 0,
    b'{"type":"conversation.response.done","usage":'
    b'{"prompt_tokens":0,"completion_tokens":0,"total_tokens":1}}',
    '$.outputs[0].content[1].type = "new"', 0, 1]
if sys.argv[1] == "alike":
    uses, expected = uses[:1] * 8, expected[:1] * 8
found = [None] * len(uses)
barrier = threading.Barrier(len(uses))

def run(index):
    barrier.wait()
    found[index] = uses[index]()

threads = [threading.Thread(target=run, args=(index,)) for index in range(len(uses))]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert found == expected, found
"""


def use_in_fresh_processes(uses: str, times: int) -> None:
    for _ in range(times):
        done = subprocess.run([sys.executable, "-c", PROGRAM, uses], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("uses", "times"), [("alike", 2), ("different", 1)])
def test_threads_can_use_the_library_for_the_first_time_at_once(uses: str, times: int) -> None:
    use_in_fresh_processes(uses, times)


@pytest.mark.long
@pytest.mark.parametrize("uses", ["alike", "different"])
def test_threads_can_use_the_library_for_the_first_time_at_once_a_hundred_times(uses: str) -> None:
    use_in_fresh_processes(uses, 100)
