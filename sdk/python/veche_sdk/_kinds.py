"""The interfaces of the kinds, each made only where a plug-in is of that kind: others are not in the component."""

from typing import Any

from . import _runtime as runtime


def categorizer() -> type:
    from wit_world.exports import categorizer as contract

    class Categorizer:
        def categorize(self, appeal: Any, context: Any) -> contract.Categorization:
            def work() -> contract.Categorization:
                answer = runtime.state().categorize(appeal, context)
                if not answer:
                    return contract.Categorization_NoOpinion()
                return contract.Categorization_Candidates(
                    [
                        contract.Candidate(
                            category=runtime.checked(str, one.category, "category of a candidate"),
                            confidence=runtime.checked(float, one.confidence, "confidence of a candidate"),
                            reasons=runtime.reasons(one.reasons),
                        )
                        for one in answer
                    ]
                )

            return runtime.call("categorize", work)

    return Categorizer


def router() -> type:
    from wit_world.exports import router as contract

    from . import router as author

    class Router:
        def route(self, appeal: Any, category: Any, context: Any) -> contract.Routing:
            def work() -> contract.Routing:
                answer = runtime.state().route(appeal, category, context)
                if answer is None:
                    return contract.Routing_NoOpinion()
                if isinstance(answer, author.NeedsPerson):
                    return contract.Routing_NeedsPerson(runtime.checked(str, answer.question, "question"))
                return contract.Routing_Assigned(
                    contract.Assignment(
                        body=runtime.checked(str, answer.body, "body of an assignment"),
                        priority=runtime.checked(contract.Priority, answer.priority, "priority of an assignment"),
                        clocks=[runtime.checked(contract.Clock, one, "clock of an assignment") for one in answer.clocks],
                        reasons=runtime.reasons(answer.reasons),
                    )
                )

            return runtime.call("route", work)

    return Router


def indicators() -> type:
    from wit_world.exports import indicators as contract

    class Indicators:
        def definitions(self) -> list[contract.Definition]:
            runtime._close()
            return [
                contract.Definition(
                    code=one.code,
                    title=runtime.localized(one.title),
                    unit=one.unit,
                    direction=one.direction,
                    decimals=one.decimals,
                    columns=list(one.columns),
                    dimensions=list(one.dimensions),
                )
                for one in AUTHOR.definitions
            ]

        def measure(self, indicator: str, period: Any, facts: Any) -> list[contract.Measurement]:
            def work() -> list[contract.Measurement]:
                return [
                    contract.Measurement(
                        value=None if one.value is None else runtime.checked(float, one.value, "value of a measurement"),
                        numerator=runtime.checked(float, one.numerator, "numerator of a measurement"),
                        denominator=None
                        if one.denominator is None
                        else runtime.checked(float, one.denominator, "denominator of a measurement"),
                        excluded=one.excluded,
                        breakdown=list(one.breakdown.items()),
                    )
                    for one in runtime.state().measure(indicator, period, facts)
                ]

            with facts:
                return runtime.call("measure", work)

    return Indicators


def exporter() -> type:
    from wit_world.exports import exporter as contract

    from . import exporter as author

    class Exporter:
        def formats(self) -> list[contract.Format]:
            return [
                contract.Format(
                    id=one.id,
                    title=runtime.localized(one.title),
                    media_type=one.media_type,
                    extension=one.extension,
                    subject=one.subject,
                    columns=list(one.columns),
                )
                for one in runtime.state().formats()
            ]

        def export(self, format: str, request: Any, rows: Any, sink: Any) -> contract.Summary:
            def work() -> contract.Summary:
                written = runtime.state().export(format, request, author.Rows(rows), author.Output(sink))
                return contract.Summary(rows=written.rows, skipped=written.skipped, notes=list(written.notes))

            with rows, sink:
                return runtime.call("export", work)

    return Exporter


AUTHOR: Any = None
"""The author's class; set by what `veche_build` makes."""
