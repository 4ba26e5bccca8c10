"""The report on sweeps: one page that opens anywhere, and the same as tables and figures.

`material.Material.read` reads, `content.build_report` decides what stands in it,
`page.write_report` writes it.
"""
