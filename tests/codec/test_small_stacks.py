"""Text nested thousands deep, read in a thread with the smallest stack that SECURITY.md calls safe."""

import subprocess
import sys

STACK_BYTES = 4 * 1024 * 1024

PROGRAM = r"""
import sys, threading
import conversation_models as cm

def read(inner):
    entry = b'{"type":"%b","name":"x","arguments":"","info":{"x":%b}}'
    body = b'{"conversation_id":"c","outputs":[%b],"usage":{},"new":%b}'
    known, unknown = [body % (entry % (tag, inner), inner) for tag in (b"tool.execution", b"new")]
    uses = [
        lambda: cm.snake.encode(cm.snake.decode(known)),
        lambda: cm.snake.decode(unknown).outputs[0].decode(),
        lambda: cm.snake.peek(known),
        lambda: cm.snake.drift(known),
        lambda: cm.patch(known, ["new"], 1),
        lambda: cm.snake.event_decoder().feed(b"data: " + inner + b"\n\n"),
        lambda: cm.FunctionCallEntry(tool_call_id="", name="", arguments=inner.decode()).decode_arguments(),
    ]
    for use in uses:
        try:
            use()
        except (cm.ConversationDecodeError, RecursionError):
            pass

def run():
    for depth in 900, 5_000, 20_000, 200_000:
        for begin, end in (b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]"):
            read(begin * depth + b"1" + end * depth)
    print("read")

threading.stack_size(int(sys.argv[1]))
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""


def test_deep_nesting_does_not_crash_a_thread_with_the_smallest_safe_stack() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(STACK_BYTES)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "read\n", "")
