"""Tables for the terminal, and the HTML report."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.show import _terminal as terminal
    from slantbank.show._markdown import markdown_table
    from slantbank.show._report import image, index, markdown, report, report_summary
    from slantbank.show._terminal import LAYER_NAMES, number
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _markdown="markdown_table",
        _report="image index markdown report report_summary",
        _terminal="LAYER_NAMES number",
        modules="terminal",
    )
