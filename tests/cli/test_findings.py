"""``Findings``: how the lines of ``Codec.drift`` are reported."""

from conversation_models.cli.findings import Findings
from conversation_models.cli.inputs import Expected, records_in


def test_a_missing_field_is_reported_as_missing_and_any_other_line_as_unknown() -> None:
    written: list[str] = []
    source = records_in(iter([b"{}"]), "file", Expected())
    with Findings(source, written.append, written.append) as findings:
        for _ in source:
            findings.drift(["$.usage is missing", "$.region", '$["a is missing"]', '$.type = "b is missing"'])
            findings.drift(["$.usage is missing"])
    assert written == [
        "file: warning: $.usage is missing",
        "file: warning: the models do not know $.region",
        'file: warning: the models do not know $["a is missing"]',
        'file: warning: the models do not know $.type = "b is missing"',
    ]
