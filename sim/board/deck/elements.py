"""Chart elements that python-pptx does not write: error bars, layouts, labels with number formats, combined plots.

The elements are those of ECMA-376 part 1, section 21.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from lxml import etree
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Pt

from sim.board.charts.canvas import GREY
from sim.board.charts.data import Series
from sim.board.words import BOUNDS
from sim.text.exact import FIFTY_DIGITS

if TYPE_CHECKING:
    from pptx.chart.chart import Chart as Native

FONT = "Arial"
SMALL = 11  # points
_BLANK = 0.278 * SMALL / 72  # width of a blank in Arial, inches
#: The drawing area in parts of the chart: left, top, width, height.
AREA = (0.06, 0.17, 0.92, 0.68)


def describe(shape: Any, title: str, words: str) -> None:
    """Alternative text."""
    properties = shape._element.xpath(".//p:cNvPr")[0]
    properties.set("name", f"Chart: {title}"[:80] if title else shape.name)
    properties.set("descr", words)


def plain_text(words: str) -> str:
    """Text that the workbook of a chart does not read as a formula, number or address: one gets a blank before it."""
    first = words.lstrip().lower()
    starts = ("=", "+", "-", "@", "{", "http:", "https:", "ftp:", "ftps:", "mailto:", "internal:", "external:", "file:")
    return f"\N{NO-BREAK SPACE}{words}" if first.startswith(starts) else words


def rgb(colour: str) -> Any:
    """#rrggbb as a colour of python-pptx."""
    return RGBColor.from_string(colour.lstrip("#").upper())


def fixed_area(native: Native, area: tuple[float, float, float, float]) -> None:
    """Fix the inner drawing area, in parts of the chart; marks are placed by it."""
    plot = native._chartSpace.chart.plotArea
    for old in plot.xpath("./c:layout"):
        plot.remove(old)
    plot.insert(0, layout(area, "inner"))


def layout(area: tuple[float, float, float, float], target: str = "") -> Any:
    """A manual layout, in parts of the chart."""
    layout = new("c:layout")
    manual = etree.SubElement(layout, qualified("c:manualLayout"))
    if target:
        etree.SubElement(manual, qualified("c:layoutTarget")).set("val", target)
    for name in ("xMode", "yMode"):
        etree.SubElement(manual, qualified(f"c:{name}")).set("val", "edge")
    for name, part in zip("xywh", area, strict=True):
        etree.SubElement(manual, qualified(f"c:{name}")).set("val", f"{part:.4f}")
    return layout


def legend(native: Native, without: Sequence[int] = (), rows: int = 1) -> None:
    """A legend of one row or two above the drawing area, without the entries of some series."""
    native.has_legend = True
    legend = native.legend
    legend.position, legend.include_in_layout = XL_LEGEND_POSITION.TOP, False

    for place, number in enumerate(without):
        entry = new("c:legendEntry")
        etree.SubElement(entry, qualified("c:idx")).set("val", str(number))
        etree.SubElement(entry, qualified("c:delete")).set("val", "1")
        legend._element.insert(1 + place, entry)
    legend._element.xpath("./c:overlay")[0].addprevious(layout((AREA[0], 0.0, AREA[2], 0.15 if rows > 1 else 0.08)))


def fill(format_: Any, colour: str) -> None:
    format_.fill.solid()
    format_.fill.fore_color.rgb = rgb(colour)


def error_bars(drawn: Any, series: Series) -> None:
    """95% intervals."""
    if not series.low or not series.high:
        return
    values = [float(v or 0.0) for v in series.values]
    up = [max(float(h if h is not None else v) - v, 0.0) for h, v in zip(series.high, values, strict=True)]
    down = [max(v - float(x if x is not None else v), 0.0) for x, v in zip(series.low, values, strict=True)]
    hang(drawn, up, down, GREY, 15_000, cap=True)


def hang(drawn: Any, up: Sequence[float], down: Sequence[float], colour: str, width: int, cap: bool) -> None:
    """Error bars of any lengths, before the categories of a series. CT_ErrBars."""
    bars = new("c:errBars")
    for tag, text in (("errDir", "y"), ("errBarType", "both"), ("errValType", "cust"), ("noEndCap", str(int(not cap)))):
        etree.SubElement(bars, qualified(f"c:{tag}")).set("val", text)
    for tag, lengths in (("plus", up), ("minus", down)):
        numbers = etree.SubElement(etree.SubElement(bars, qualified(f"c:{tag}")), qualified("c:numLit"))
        etree.SubElement(numbers, qualified("c:formatCode")).text = "General"
        etree.SubElement(numbers, qualified("c:ptCount")).set("val", str(len(lengths)))
        for place, length in enumerate(lengths):
            point = etree.SubElement(numbers, qualified("c:pt"))
            point.set("idx", str(place))
            etree.SubElement(point, qualified("c:v")).text = repr(float(length))
    style = etree.SubElement(bars, qualified("c:spPr"))
    line = etree.SubElement(style, qualified("a:ln"))
    line.set("w", str(width))
    line.set("cap", "flat")
    etree.SubElement(etree.SubElement(line, qualified("a:solidFill")), qualified("a:srgbClr")).set(
        "val", colour.lstrip("#").upper()
    )
    if drawn._element.tag == qualified("c:ser") and drawn._element.getparent().tag == qualified("c:barChart"):
        bars.remove(bars[0])  # bars have one direction only
    drawn._element.xpath("./c:cat | ./c:val")[0].addprevious(bars)


def labels(drawn: Any, series: Series) -> None:
    """A label a point: the value in the number format of its label, so that the label follows an edit."""
    for place, text in enumerate(series.labels):
        if not text or series.values[place] is None:
            continue
        label = drawn.points[place].data_label
        label.font.size, label.font.name = Pt(SMALL), FONT
        label.position = XL_LABEL_POSITION.OUTSIDE_END
        show_value(label._dLbl, number_format(text, series.values[place]))


def clear_of_intervals(series: Series, inches: float) -> Series:
    """Labels beside horizontal bars, moved beyond the intervals by blanks; one unit is `inches` long."""
    shifted = []
    for place, (label, value) in enumerate(zip(series.labels, series.values, strict=False)):
        middle = float(value or 0.0)
        ends = series.low if middle < 0.0 else series.high
        end = ends[place] if ends else None
        reach = abs((middle if end is None else end) - middle)
        blanks = "\N{NO-BREAK SPACE}" * (3 + round(reach * inches / _BLANK))
        shifted.append(f"{label}{blanks}" if middle < 0.0 else f"{blanks}{label}")
    return replace(series, labels=tuple(shifted))


def show_value(label: Any, form: str) -> None:
    for old in label.xpath("./c:numFmt | ./c:tx"):
        label.remove(old)
    node = new("c:numFmt")
    node.set("formatCode", form)
    node.set("sourceLinked", "0")
    (label.xpath("./c:spPr | ./c:txPr | ./c:dLblPos | ./c:showLegendKey")[0]).addprevious(node)
    for tag in ("showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize"):
        for found in label.xpath(f"./c:{tag}"):
            found.set("val", "1" if tag == "showVal" else "0")


def number_format(label: str, value: float | None = None) -> str:
    """The number format that shows a value as its label does: `+$1.2M` is `"+$"0.0"M"`, the same for negative ones.

    Of a value that ends in a 5 a viewer may round the last digit to the other side: the format is then the label.
    """
    found = re.search(r"[\d,]*\d(?:\.(\d+))?", label)
    if found is None:
        return f'"{label}"'
    if label.strip()[0] in BOUNDS or (value is not None and _rounds_apart(found[0], value)):
        return f'"{label}"'
    before, after = label[: found.start()], label[found.end() :]
    digits = ("#,##0" if "," in found[0] else "0") + ("." + "0" * len(found[1]) if found[1] else "")
    one = (f'"{before}"' if before else "") + digits + (f'"{after}"' if after else "")
    return f"{one};{one}"


def _rounds_apart(digits: str, value: float) -> bool:
    """Whether a viewer, which rounds fifteen decimal digits and halves away from zero, shows other digits."""
    shown = Decimal(digits.replace(",", ""))
    try:
        size = Decimal(f"{value:.15g}").copy_abs()
        return size.quantize(shown, ROUND_HALF_UP, FIFTY_DIGITS) != shown
    except InvalidOperation:
        return True


def as_line(native: Native, drawn: Any, series: Series) -> None:
    """The total of a stack as an invisible line series that carries the error bars and data labels."""
    to_lines(native, [drawn])
    moved = native.plots[1].series[0]
    moved.format.line.fill.background()
    moved.marker.style, moved.marker.size = XL_MARKER_STYLE.DASH, 5
    fill(moved.marker.format, series.colour)
    moved.smooth = False
    error_bars(moved, series)
    for place, text in enumerate(series.labels):
        label = moved.points[place].data_label
        label.font.size, label.font.bold, label.font.name = Pt(SMALL), True, FONT
        label.position = XL_LABEL_POSITION.ABOVE
        show_value(label._dLbl, number_format(text, series.values[place]))


def to_lines(native: Native, drawn: Sequence[Any]) -> None:
    """Moves series of a plot to a line plot on the same axes."""
    plot = drawn[0]._element.getparent()
    line = new("c:lineChart")
    etree.SubElement(line, qualified("c:grouping")).set("val", "standard")
    etree.SubElement(line, qualified("c:varyColors")).set("val", "0")
    for series in drawn:
        element = series._element
        plot.remove(element)
        for tag in element.xpath("./c:invertIfNegative"):
            element.remove(tag)
        line.append(element)
    etree.SubElement(line, qualified("c:marker")).set("val", "1")
    for axis in plot.xpath("./c:axId"):
        etree.SubElement(line, qualified("c:axId")).set("val", axis.get("val"))
    plot.addnext(line)
    for moved in native.plots[1].series:
        moved.marker.style = XL_MARKER_STYLE.NONE


def dashed(drawn: Any) -> None:
    drawn.format.line.dash_style = MSO_LINE.DASH


def append(element: Any, tag: str, attributes: dict[str, str], before: tuple[str, ...]) -> None:
    """Insert an element before its later siblings, in place of an earlier one of the same name."""
    for old in element.xpath(f"./{tag}"):
        element.remove(old)
    made = new(tag)
    for name, text in attributes.items():
        made.set(name, text)
    later = element.xpath(" | ".join(f"./{name}" for name in before))
    later[0].addprevious(made) if later else element.append(made)


def new(name: str) -> Any:
    """A new element of python-pptx."""
    return OxmlElement(name)


def qualified(name: str) -> str:
    return str(qn(name))
