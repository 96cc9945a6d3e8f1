"""HTML report: a result as one page that stands alone: no script, nothing loaded, all text escaped."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nlp.errors import Unavailable
from nlp.evaluation.plots import SIDE, bars, curve, matrix, short
from nlp.evaluation.report_markdown import summary
from nlp.evaluation.result import Result
from nlp.evaluation.thresholds import table

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = "report.html.jinja"
MAX_MISSES = 500
MAX_ROWS = 1_000


def to_html(result: Result, verdicts: Sequence[str] = ()) -> str:
    """The result as a page for light and dark screens, with a table behind each plot.

    Raises `Unavailable` without Jinja.
    """
    figures = result.figures
    drawn = bars(figures)
    return _template().render(
        result=result,
        figures=figures,
        summary=summary(figures),
        verdicts=verdicts,
        misses=result.misses[:MAX_MISSES],
        curve=curve(result.outcomes, result.threshold),
        points=table(result.outcomes),
        matrix=matrix(result.outcomes, figures),
        bars=drawn,
        undrawn=sum(row.support > 0 for row in figures.intents) - len(drawn),
        rows=MAX_ROWS,
        side=SIDE,
        short=short,
    )


@cache
def _template() -> "Template":
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise Unavailable('an HTML report needs Jinja: run `pip install "botkit[nlp]"`') from None
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["percent"] = lambda share: "" if share is None else f"{share:.1%}"
    environment.filters["two"] = lambda value: f"{value:.2f}"
    return environment.get_template(TEMPLATE)
