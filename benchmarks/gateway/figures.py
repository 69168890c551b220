"""Reads the stored samples of the gateways and computes figures from them."""

import json
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["FILE", "LABELS", "Figures", "read_figures"]

FILE = "gateway.json"
LABELS = {
    "direct": "no gateway",
    "bare": "relays, reads nothing",
    "relay": "conversation_models: relays and meters",
    "typed by read": "conversation_models: typed, a write per read",
    "typed": "conversation_models: typed, a write per event",
    "pydantic": "httpx-sse + pydantic, tuned: typed",
    "sdk": "mistralai: typed",
}


class Figures:
    """The samples of a run, by load and gateway."""

    def __init__(self, stored: dict[str, Any]) -> None:
        self.about: dict[str, Any] = stored["about"]
        self.memory = {one["gateway"]: one for one in stored["memory"]}
        self.gateways: tuple[str, ...] = tuple(self.about["plan"]["gateways"])
        self._samples: list[dict[str, Any]] = stored["samples"]

    def of(self, load: str, gateway: str) -> list[dict[str, Any]]:
        return [one for one in self._samples if (one["load"], one["gateway"]) == (load, gateway)]

    def cpu(self, load: str, gateway: str) -> float:
        """Seconds of processor time that the gateway spends on an event, or on a response that is not a stream."""
        return self._spread(load, gateway)[1]

    def spread(self, load: str, gateway: str) -> tuple[float, float]:
        low, _, high = self._spread(load, gateway)
        return low, high

    def _spread(self, load: str, gateway: str) -> tuple[float, float, float]:
        found = [one["cpu_seconds"] / one["items"] for one in self.of(load, gateway) if one["items"]]
        return min(found), median(found), max(found)

    def rate(self, load: str, gateway: str) -> float:
        """Events, or responses, a second, while all processes share this machine's cores."""
        return float(median(one["items"] / one["seconds"] for one in self.of(load, gateway)))

    def added(self, load: str, gateway: str, percentile: str) -> float:
        """Seconds that the gateway adds, compared with direct requests in the same round."""
        pairs = zip(self.of(load, gateway), self.of(load, "direct"), strict=True)
        return float(median(one[percentile] - direct[percentile] for one, direct in pairs))


def read_figures(folder: Path) -> Figures | None:
    """The figures stored in ``folder``, if there are any."""
    file = folder / FILE
    return Figures(json.loads(file.read_bytes())) if file.exists() else None
