"""Guardrails that a request sets (schema: ``GuardrailConfig``)."""

from msgspec import UNSET, UnsetType

from .base import Model

__all__ = [
    "GuardrailConfig",
    "ModerationLlmv1CategoryThresholds",
    "ModerationLlmv1Config",
    "ModerationLlmv2CategoryThresholds",
    "ModerationLlmv2Config",
]


class _CategoryThresholds(Model, frozen=True, kw_only=True):
    sexual: int | float | None | UnsetType = UNSET
    hate_and_discrimination: int | float | None | UnsetType = UNSET
    violence_and_threats: int | float | None | UnsetType = UNSET
    selfharm: int | float | None | UnsetType = UNSET
    health: int | float | None | UnsetType = UNSET
    financial: int | float | None | UnsetType = UNSET
    law: int | float | None | UnsetType = UNSET
    pii: int | float | None | UnsetType = UNSET


class ModerationLlmv1CategoryThresholds(_CategoryThresholds, frozen=True, kw_only=True):
    """For each category, the score from which on text violates it. Absent or null means the service's own.

    Attributes:
        sexual: Sexual content.
        hate_and_discrimination: Hate and discrimination.
        violence_and_threats: Violence and threats.
        selfharm: Self-harm.
        health: Advice on health.
        financial: Advice on money.
        law: Advice on law.
        pii: Personal data.
        dangerous_and_criminal_content: Danger and crime.
    """

    dangerous_and_criminal_content: int | float | None | UnsetType = UNSET


class ModerationLlmv2CategoryThresholds(_CategoryThresholds, frozen=True, kw_only=True):
    """For each category, the score from which on text violates it. Absent or null means the service's own.

    Attributes:
        sexual: Sexual content.
        hate_and_discrimination: Hate and discrimination.
        violence_and_threats: Violence and threats.
        selfharm: Self-harm.
        health: Advice on health.
        financial: Advice on money.
        law: Advice on law.
        pii: Personal data.
        dangerous: Danger.
        criminal: Crime.
        jailbreaking: Attempts to get around the model's rules.
    """

    dangerous: int | float | None | UnsetType = UNSET
    criminal: int | float | None | UnsetType = UNSET
    jailbreaking: int | float | None | UnsetType = UNSET


class ModerationLlmv1Config(Model, frozen=True, kw_only=True):
    """Moderation by the first moderation model.

    Attributes:
        model_name: Name of the moderation model. Absent means ``mistral-moderation-2411``.
        custom_category_thresholds: Thresholds that replace the service's own. Absent or null if none.
        ignore_other_categories: Whether only the categories with a threshold count. Absent means false.
        action: ``none``, ``block`` or another string. Absent means ``none``.
    """

    model_name: str | UnsetType = UNSET
    custom_category_thresholds: ModerationLlmv1CategoryThresholds | None | UnsetType = UNSET
    ignore_other_categories: bool | UnsetType = UNSET
    action: str | UnsetType = UNSET


class ModerationLlmv2Config(Model, frozen=True, kw_only=True):
    """Moderation by the second moderation model.

    Attributes:
        model_name: Name of the moderation model. Absent means ``mistral-moderation-2603``.
        custom_category_thresholds: Thresholds that replace the service's own. Absent or null if none.
        ignore_other_categories: Whether only the categories with a threshold count. Absent means false.
        action: ``none``, ``block`` or another string. Absent means ``none``.
    """

    model_name: str | UnsetType = UNSET
    custom_category_thresholds: ModerationLlmv2CategoryThresholds | None | UnsetType = UNSET
    ignore_other_categories: bool | UnsetType = UNSET
    action: str | UnsetType = UNSET


class GuardrailConfig(Model, frozen=True, kw_only=True):
    """A guardrail: moderation of what goes in and comes out.

    Attributes:
        block_on_error: Whether a guardrail that fails blocks the answer. Absent means false.
        moderation_llm_v1: Moderation by the first moderation model. Absent or null if not wanted.
        moderation_llm_v2: Moderation by the second moderation model. Absent or null if not wanted.
    """

    block_on_error: bool | UnsetType = UNSET
    moderation_llm_v1: ModerationLlmv1Config | None | UnsetType = UNSET
    moderation_llm_v2: ModerationLlmv2Config | None | UnsetType = UNSET
