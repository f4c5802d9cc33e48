"""The figures of a proof: as the agency answered them, and as they counted."""

from __future__ import annotations

from fractions import Fraction

from services.scoring.core.card import Figure, Typed
from services.scoring.core.proof_model import ProvenInput, ProvenUnit
from shared.contracts.common import Answer, UnitAnswer
from shared.kernel.exact import exact_text
from shared.ruleset.document import Input
from shared.ruleset.words import value_words

__all__ = ["proven_input"]


def proven_input(item: Input, answer: Answer, figure: Figure) -> ProvenInput:
    """One figure: `answer` is the agency's, `figure` what counted of it."""
    return ProvenInput(
        id=item.id,
        title=item.title.vi,
        unit=item.unit,
        answered_state=answer.state,
        answered=_exact(answer.value) if answer.state == "value" and not item.per_unit else None,
        answered_shown=_answer_shown(answer, item),
        state=figure.state,
        value=None if figure.value is None else _exact(figure.value),
        shown=f"{len(figure.units)} đơn vị" if figure.units else value_words(figure.state, figure.value, item),
        units=tuple(
            ProvenUnit(
                name=name,
                answered_shown=_answer_shown(answer.units.get(name, UnitAnswer(state="not_reported")), item),
                state=one.state,
                shown=value_words(one.state, one.value, item),
            )
            for name, one in figure.units.items()
        ),
    )


def _answer_shown(answer: Answer | UnitAnswer, item: Input) -> str:
    if isinstance(answer, Answer) and answer.units:
        return f"{len(answer.units)} đơn vị"
    return value_words(answer.state, _typed(answer.value, item), item)


def _typed(value: bool | int | str | None, item: Input) -> Typed | None:
    if item.type in ("integer", "decimal") and value is not None and not isinstance(value, bool):
        try:
            return Fraction(value)
        except ValueError:
            return str(value)  # shown as it was written
    return value if isinstance(value, bool | str) else None


def _exact(value: Typed | int | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return exact_text(Fraction(value)) if isinstance(value, int | Fraction) else value
