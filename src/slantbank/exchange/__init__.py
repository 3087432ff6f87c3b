"""Export to annotation tools and other formats, and import from annotation tools."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.exchange._run import FORMATS, TOOLS, Tool, export, import_labels, spreadsheet, tool_files, write_text
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _run="FORMATS TOOLS Tool export import_labels spreadsheet tool_files write_text",
    )
