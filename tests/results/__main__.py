"""See the package."""

from __future__ import annotations

from analysis.figures import forest, save_figure
from tests.results.ablation import ABLATION, FACTORIAL
from tests.results.text import PAGE, page_with
from tests.results.whole import blocks, files, found_in_runs

if __name__ == "__main__":
    found = found_in_runs()
    for path, text in files(found).items():
        path.write_text(text, encoding="utf-8")
    save_figure(forest(found.changes["changes"]), ABLATION.with_name("changes.png"))
    save_figure(forest(found.crossed["factorial"]), FACTORIAL.with_name("factorial.png"))
    PAGE.write_text(page_with(blocks(found)), encoding="utf-8")
