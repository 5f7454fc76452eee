"""The validation report: the table of checks as one page of HTML that needs nothing else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sim.verify.table import figures, verdict

if TYPE_CHECKING:
    from sim.verify.check import Check
    from sim.verify.table import Group, Verification

# Verdicts differ in words and weight, not in colour alone: the page is read in grey and on paper, too.
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 75rem; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; break-after: avoid; }
p { max-width: 62rem; }
.result { font-size: 1.2rem; font-weight: 600; border-left: .4rem solid #1f5f8b; padding: .3rem .9rem; }
.result.bad { border-left-color: #000; background: #eee; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; }
caption { text-align: left; color: #444; padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d5d5d5; }
th { border-bottom: 2px solid #555; white-space: nowrap; }
tbody th { font-weight: 400; border-bottom: 1px solid #d5d5d5; white-space: normal; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.checks { table-layout: fixed; min-width: 62rem; }
.small { max-width: 44rem; }
tr { break-inside: avoid; }
tr.bad td, tr.bad th { background: #e2e2e2; font-weight: 700; }
figure { margin: 1rem 0; } figcaption { color: #444; font-size: .86rem; max-width: 44rem; }
@media print { @page { size: A4 landscape; margin: 12mm; }
  body { margin: 0; max-width: none; padding: 0; font-size: 8.5pt; }
  .checks { min-width: 0; font-size: 7pt; }
  th, td { padding: .12rem .4rem; } h2 { margin-top: 1.2rem; }
  thead { display: table-header-group; } .scroll { overflow: visible; } }
"""

_HEADINGS = (
    '<colgroup><col style="width:27%"><col style="width:12%"><col style="width:12%"><col style="width:8%">'
    '<col style="width:5%"><col style="width:6%"><col style="width:15%"><col style="width:15%"></colgroup>'
    "<thead><tr><th scope=col>Check</th><th scope=col class=n>Known answer</th><th scope=col class=n>Estimate</th>"
    "<th scope=col class=n>Std. error</th><th scope=col class=n>z</th><th scope=col>Verdict</th>"
    "<th scope=col>What it protects</th><th scope=col>Source</th></tr></thead>"
)


def validation_page(table: Verification) -> str:
    """The whole report as HTML: the result, how to read it, an overview, every check, and how to repeat it."""
    made = table.manifest()
    version = made["versions"]["fundrisk"]
    bad = "" if table.passed else " bad"
    failed = f"<h2>Failed</h2>{_checks(table.failed)}" if table.failed else ""
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>fundrisk {escape(version)}: validation report</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>fundrisk {escape(version)}: validation report</h1>\n"
        f'<p class="result{bad}">{escape(table.sentence)}</p>\n<p>{escape(table.explanation)}</p>\n'
        "<p>Each known answer stands apart from the simulator: a closed form, a sum or an integral, published vectors, "
        "arithmetic written out beside the check, or an identity that must hold whatever the figures are.</p>\n"
        f"{failed}\n<h2>Overview</h2>\n{_overview(table)}\n{_histogram(table)}\n"
        + "".join(f"<h2>{escape(group.title)}</h2>\n{_checks(group.checks)}\n" for group in table.groups)
        + f"<h2>How to repeat it</h2>\n{_manifest(table, made)}\n</body>\n</html>\n"
    )


def _overview(table: Verification) -> str:
    rows = "".join(
        f"<tr{_bad(all(check.passed for check in group.checks))}><th scope=row>{escape(group.title)}</th>"
        f"<td class=n>{len(group.checks)}</td><td class=n>{sum(not check.passed for check in group.checks)}</td>"
        f"<td class=n>{_farthest(group)}</td></tr>"
        for group in table.groups
    )
    return (
        "<div class=scroll><table class=small><thead><tr><th scope=col>Part of the model</th>"
        "<th scope=col class=n>Checks</th><th scope=col class=n>Failed</th>"
        "<th scope=col class=n>Largest |z|</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _farthest(group: Group) -> str:
    distances = [abs(check.z) for check in group.checks if not check.exact]
    return f"{max(distances):.2f}" if distances else "exact"


def _checks(checks: tuple[Check, ...]) -> str:
    return f"<div class=scroll><table class=checks>{_HEADINGS}<tbody>{''.join(map(_row, checks))}</tbody></table></div>"


def _row(check: Check) -> str:
    known, estimate, error, z = map(escape, figures(check))
    return (
        f"<tr{_bad(check.passed)}><th scope=row>{escape(check.name)}</th><td class=n>{known}</td>"
        f"<td class=n>{estimate}</td><td class=n>{error}</td><td class=n>{z}</td><td>{verdict(check)}</td>"
        f"<td>{escape(check.protects)}</td><td>{escape(check.source)}</td></tr>\n"
    )


def _bad(passed: bool) -> str:
    return "" if passed else " class=bad"


def _histogram(table: Verification) -> str:
    """Bars of z beside the normal law, as SVG."""
    bins = table.distances()
    top = max(max(count, expected) for *_, count, expected in bins) or 1.0
    width, height, floor = 30, 140, 150
    bars = "".join(
        f'<rect x="{i * width + 20}" y="{floor - height * count / top:.1f}" width="{width - 3}" '
        f'height="{height * count / top:.1f}" fill="#7a9cb8"/>'
        for i, (_, _, count, _) in enumerate(bins)
    )
    marks = "".join(
        f'<line x1="{i * width + 18}" x2="{i * width + width + 19}" y1="{floor - height * expected / top:.1f}" '
        f'y2="{floor - height * expected / top:.1f}" stroke="#000" stroke-width="2"/>'
        for i, (_, _, _, expected) in enumerate(bins)
    )
    labels = "".join(
        f'<text x="{i * width + 19}" y="{floor + 16}" text-anchor="middle" font-size="11">{low:g}</text>'
        for i, (low, *_) in enumerate([*bins, (bins[-1][1],)])
        if i % 2 == 0
    )
    wide = width * len(bins) + 40
    return (
        f'<figure><svg viewBox="0 0 {wide} {floor + 24}" width="{wide}" role="img" style="max-width:100%" '
        f'aria-label="How many checks have which z, beside the normal law">{bars}{marks}'
        f'<line x1="18" x2="{wide - 20}" y1="{floor}" y2="{floor}" stroke="#555"/>{labels}</svg>'
        "<figcaption>How many checks lie how many standard errors from their known answers (bars), and how many would "
        "if every z were a standard normal number (lines). Checks of one run share random numbers, so bars may cluster."
        "</figcaption></figure>"
    )


def _manifest(table: Verification, made: dict) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items() if version)
    rows = {
        "Command": f"fundrisk verify --seed {table.seed} --paths {table.paths}",
        "Made": f"{table.made}, in {table.elapsed_s:.1f} s",
        "Seed": str(table.seed),
        "Paths": f"{table.paths:,d}",
        "Versions": versions,
        "Platform": made["platform"],
    }
    cells = "".join(f"<tr><th scope=row>{name}</th><td>{escape(text)}</td></tr>" for name, text in rows.items())
    return f"<div class=scroll><table class=small><tbody>{cells}</tbody></table></div>"
