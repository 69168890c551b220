"""The groups that are measured in processes of this suite, in the order of the page."""

from ..measure import Found, Group, Plan, measure
from . import documents, drift, growth, requests, streams

GROUPS: dict[str, Group] = {
    group.name: group
    for group in (
        documents.DECODE,
        documents.ENCODE,
        documents.TRANSCODE,
        documents.PEEK,
        streams.EVENTS,
        streams.METER,
        streams.BUILD,
        drift.DRIFT,
        requests.REQUESTS,
        growth.GROWTH,
    )
}


def measured(name: str, plan: Plan) -> list[Found]:
    """What one process finds in the group of that name."""
    return list(measure(GROUPS[name].cases(plan.quick), plan))
