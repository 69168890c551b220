"""The groups of measurements, in the order in which they run."""

from ..group import Group
from . import (
    building,
    documents,
    drift,
    edits,
    footprint,
    growth,
    latency,
    memory,
    metering,
    reading,
    requests,
    rewriting,
)

__all__ = ["GROUPS"]

GROUPS: dict[str, Group] = {
    group.name: group
    for group in (
        documents.DECODE,
        documents.ENCODE,
        documents.TRANSCODE,
        documents.LINES,
        drift.DRIFT,
        requests.REQUESTS_AND_HISTORIES,
        edits.PEEK,
        edits.PATCH,
        reading.EVENTS,
        building.BUILD,
        rewriting.REWRITE,
        metering.METER,
        latency.LATENCY,
        memory.MEMORY,
        footprint.FOOTPRINT,
        growth.GROWTH,
    )
}
