"""The example programs do not show a key that cannot be sent."""

from collections.abc import Callable
from typing import Any

import pytest

from examples import chat, client

from ..support.each import each

PROGRAMS: list[tuple[Callable[[list[str]], Any], list[str]]] = [(chat.main, []), (client.main, ["Who won?"])]


@each(("main", "arguments"), PROGRAMS)
@each("key", ["secret\u2019", "secret\nkey", "secret key", " "])
def test_a_key_that_cannot_be_sent_is_not_shown(
    main: Callable[[list[str]], Any],
    arguments: list[str],
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", key)
    with pytest.raises(SystemExit):
        main([*arguments, "--base-url", "http://127.0.0.1:1"])
    reported = capsys.readouterr().err
    assert "MISTRAL_API_KEY is not set" in reported
    assert "secret" not in reported
