"""The report on sweeps: one page that opens anywhere, and the same as tables and figures.

`Material.read` reads, `build_report` decides what stands in it, `write_report` writes it.
"""

from __future__ import annotations

from analysis.report.content import build_report
from analysis.report.material import Material
from analysis.report.page import PAGE, as_html, write_report
from analysis.report.parts import Note, Picture, Report

__all__ = [
    "PAGE",
    "Material",
    "Note",
    "Picture",
    "Report",
    "as_html",
    "build_report",
    "write_report",
]
