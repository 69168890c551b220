"""Requests: bodies that start, append to or restart a conversation (schema: ``ConversationRequest`` and others).

The schema has two classes for each of them, which differ in the value of ``stream`` only. The body is the same.
"""

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from .arguments import CompletionArgs
from .base import Model
from .guardrails import GuardrailConfig
from .inputs import InputEntry
from .lists import ABSENT, Field, ListOf
from .tools import Tool

__all__ = ["ConversationAppendRequest", "ConversationRequest", "ConversationRestartRequest", "ToolCallConfirmation"]


class ToolCallConfirmation(Model, frozen=True, kw_only=True):
    """The client's word on a tool call that was pending.

    Attributes:
        tool_call_id: Names the call.
        confirmation: ``allow`` or ``deny``. The answer says ``allowed`` or ``denied``.
    """

    tool_call_id: str
    confirmation: Literal["allow", "deny"]


class ConversationRequest(Model, frozen=True, kw_only=True):
    """The body that starts a conversation: ``POST /v1/conversations``.

    A field that is absent has the service's default. It is ``UNSET`` here, which is falsy even if the default is true:
    write ``request.store is not False``, not ``if request.store``.

    Attributes:
        inputs: One user message, or a list of entries.
        stream: Whether the answer is a stream of events. Absent means false.
        store: Whether the service keeps the conversation. Absent means **true**; can be null.
        handoff_execution: Who runs handoffs, ``client`` or ``server``. Absent means ``server``; can be null.
        instructions: The system prompt. Absent or null if none.
        tools: Tools that the model may use. Absent or null if none.
        completion_args: How the model answers. Absent or null if not stated.
        guardrails: Guardrails. Absent or null if none.
        name: Name of the conversation. Absent or null if none.
        description: What the conversation is about. Absent or null if not stated.
        metadata: The client's own data, free-form. Absent or null if none.
        agent_id: Id of the agent that answers. Absent or null if a model does.
        agent_version: Version of the agent, a number or a name. Absent or null means the latest.
        model: Name of the model that answers. Absent or null if an agent does.
    """

    inputs: Field[str | list[InputEntry], str | ListOf[InputEntry]]
    stream: bool | UnsetType = UNSET
    store: bool | None | UnsetType = UNSET
    handoff_execution: Literal["client", "server"] | None | UnsetType = UNSET
    instructions: str | None | UnsetType = UNSET
    tools: Field[list[Tool] | None | UnsetType, ListOf[Tool] | None | UnsetType] = ABSENT
    completion_args: CompletionArgs | None | UnsetType = UNSET
    guardrails: list[GuardrailConfig] | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    metadata: dict[str, Any] | None | UnsetType = UNSET
    agent_id: str | None | UnsetType = UNSET
    agent_version: str | int | None | UnsetType = UNSET
    model: str | None | UnsetType = UNSET


class ConversationAppendRequest(Model, frozen=True, kw_only=True):
    """The body that continues a conversation: ``POST /v1/conversations/{conversation_id}``.

    A field that is absent has the service's default. It is ``UNSET`` here, which is falsy even if the default is true:
    write ``request.store is not False``, not ``if request.store``.

    Attributes:
        inputs: One user message, or a list of entries, such as the results of functions. Absent if there are none.
        stream: Whether the answer is a stream of events. Absent means false.
        store: Whether the service keeps what is new. Absent means **true**.
        handoff_execution: Who runs handoffs, ``client`` or ``server``. Absent means ``server``.
        completion_args: How the model answers. Absent if not stated.
        tool_confirmations: Which of the pending tool calls are allowed. Absent or null if none is pending.
    """

    inputs: Field[str | list[InputEntry] | UnsetType, str | ListOf[InputEntry] | UnsetType] = ABSENT
    stream: bool | UnsetType = UNSET
    store: bool | UnsetType = UNSET
    handoff_execution: Literal["client", "server"] | UnsetType = UNSET
    completion_args: CompletionArgs | UnsetType = UNSET
    tool_confirmations: list[ToolCallConfirmation] | None | UnsetType = UNSET


class ConversationRestartRequest(Model, frozen=True, kw_only=True):
    """The body that restarts a conversation at an entry: ``POST /v1/conversations/{conversation_id}/restart``.

    The answer belongs to a new conversation. A field that is absent has the service's default. It is ``UNSET`` here,
    which is falsy even if the default is true: write ``request.store is not False``, not ``if request.store``.

    Attributes:
        from_entry_id: Id of the entry to restart from.
        inputs: One user message, or a list of entries. Absent if there are none.
        stream: Whether the answer is a stream of events. Absent means false.
        store: Whether the service keeps the conversation. Absent means **true**.
        handoff_execution: Who runs handoffs, ``client`` or ``server``. Absent means ``server``.
        completion_args: How the model answers. Absent if not stated.
        guardrails: Guardrails. Absent or null if none.
        metadata: The client's own data, free-form. Absent or null if none.
        agent_version: Version of the agent, a number or a name. Absent or null means the latest.
    """

    from_entry_id: str
    inputs: Field[str | list[InputEntry] | UnsetType, str | ListOf[InputEntry] | UnsetType] = ABSENT
    stream: bool | UnsetType = UNSET
    store: bool | UnsetType = UNSET
    handoff_execution: Literal["client", "server"] | UnsetType = UNSET
    completion_args: CompletionArgs | UnsetType = UNSET
    guardrails: list[GuardrailConfig] | None | UnsetType = UNSET
    metadata: dict[str, Any] | None | UnsetType = UNSET
    agent_version: str | int | None | UnsetType = UNSET
