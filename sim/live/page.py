"""The page as one file: the style of the report's page, the controls of a case, and places for the answers."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from itertools import groupby
from typing import Any

from sim.board.page.markup import Html, joined, tag
from sim.board.page.picker import measure_name
from sim.board.words import day
from sim.live.controls import Control
from sim.live.engine import FIRST, Engine
from sim.live.shown import CARDS, FIGURES
from sim.text.bidi import isolated_html, texts_of
from sim.text.version import __version__

_WARNING = "The results are risk figures under stated assumptions, not forecasts."
_NOTHING_ELSE = "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
_CARD_NAMES = {"cash_out": "Out of cash", "runway_months": "Mean runway", "raised": "Raised", "dilution": "Dilution"}


def page_text(engine: Engine) -> str:
    """The whole page, the same for the same case and seed."""
    case = engine.case
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"What if: {case.title}"),
        tag("style", Html(_style())),
    )
    body = tag(
        "body",
        tag("a", "Skip to the numbers", href="#content", class_="skip"),
        tag(
            "header",
            tag("p", "Funding risk: what if?", class_="kind"),
            tag("h1", case.title),
            tag("p", f"{day(case.valuation_date)} to {day(case.horizon)}, seed {engine.seed}, fundrisk {__version__}"),
        ),
        tag(
            "div",
            tag("form", _buttons(), *_groups(engine.controls), id="controls", aria_label="What is changed",
                autocomplete="off"),
            tag("main", *_answers(engine), id="content", tabindex="-1"),
            class_="sides",
        ),
        tag("footer", tag("p", _WARNING)),
        tag("script", Html(_escaped(_data(engine))), type="application/json", id="live-data"),
        tag("script", Html(_script())),
    )  # fmt: skip
    page = isolated_html(tag("html", head, body, lang="en"), texts_of(case.to_dict()))
    return f"<!DOCTYPE html>\n{page}\n"


def policy() -> str:
    """The content security policy of the page: its own style and script, and requests to its own server."""
    own = f"style-src '{_hash(_style())}'; script-src '{_hash(_script())}'"
    return f"{_NOTHING_ELSE}; frame-ancestors 'none'; {own}"


# --- controls --------------------------------------------------------------------------------------------------------


def _groups(controls: tuple[Control, ...]) -> list[Html]:
    numbered = list(enumerate(controls))
    return [
        tag(
            "details",
            tag("summary", tag("h2", group)),
            tag("div", *(_control(n, control) for n, control in members), class_="controls", role="group",
                aria_label=group),
            open=True,
        )
        for group, members in groupby(numbered, lambda each: each[1].group)
    ]  # fmt: skip


def _control(n: int, control: Control) -> Html:
    """A control, its value, and a mark at the case's own value."""
    name = f"control-{n}"
    label = tag("label", control.label, for_=name)
    if control.kind == "switch":
        box = tag("input", type="checkbox", id=name, checked=bool(control.base),
                  aria_describedby=f"{name}-meaning" if control.meaning else None)  # fmt: skip
        small = tag("small", control.meaning, id=f"{name}-meaning") if control.meaning else ""
        return tag("div", box, label, small, class_="switch")
    base = control.words[control.place]
    if control.kind == "choice":
        options = [
            tag("option", f"{words} (the case)" if i == control.place else words, value=i, selected=i == control.place)
            for i, words in enumerate(control.words)
        ]
        return tag("div", label, tag("select", *options, id=name), class_="choice")
    last = len(control.values) - 1
    return tag(
        "div",
        label,
        tag("output", base, id=f"{name}-value", for_=name),
        tag("input", type="range", id=name, min=0, max=last, step=1, value=control.place,
            aria_valuetext=f"{base} (the case)"),
        _mark(control.place / last),
        tag("span", tag("span", control.words[0]), tag("span", control.words[-1]), class_="range", aria_hidden="true"),
        class_="slider",
    )  # fmt: skip


def _mark(share: float) -> Html:
    """A triangle below the place of the case; as an SVG, since the page's policy allows no style of an element."""
    at = round(100.0 * share, 2)
    inside = tag("svg", tag("path", d="M0 0l-5 8h10z"), x=f"{at}%", y=0, overflow="visible", width=1, height=9)
    return tag("span", tag("svg", inside, class_="mark", overflow="visible"), class_="base", aria_hidden="true")


def _buttons() -> Html:
    return tag(
        "div",
        tag("button", "Back to the case", type="button", id="reset"),
        tag("button", "Pin this scenario", type="button", id="pin"),
        tag("button", "Copy as --set", type="button", id="copy"),
        tag("button", "Download as TOML", type="button", id="download"),
        class_="buttons",
    )


# --- answers ---------------------------------------------------------------------------------------------------------


def _answers(engine: Engine) -> list[Html]:
    cards = [
        tag("li", tag("span", _CARD_NAMES[key]), tag("strong", "...", id=f"card-{key}"),
            tag("small", "", id=f"card-{key}-change"))
        for key in CARDS
    ]  # fmt: skip
    figures = [
        tag(
            "figure",
            tag("figcaption", "", id=f"title-{key}"),
            tag("div", tag("div", class_="now"), tag("div", class_="pinned", hidden=True), class_="pair"),
            tag("details", tag("summary", "The numbers of this chart"), tag("div", class_="numbers")),
            id=f"figure-{key}",
            hidden=True,
        )
        for key in FIGURES
    ]
    return [
        tag("noscript", tag("p", "This page needs JavaScript.", class_="plain")),
        tag("div", tag("p", "Computing ...", id="progress"), tag("ul", *cards, class_="cards"), class_="top"),
        tag("p", "", id="problem", class_="problem", role="alert", hidden=True),
        tag("h2", "", id="sentence"),
        _table(engine),
        tag("p", tag("code", "", id="command"), class_="command"),
        *figures,
        tag("p", "", id="said", class_="unseen", role="status", aria_live="polite"),
    ]


def _table(engine: Engine) -> Html:
    """The measures of the changed case beside those of the case; pinned scenarios become columns of their own."""
    heads = ("now", "the case", "change")
    rows = [
        tag("tr", tag("th", measure_name(name, engine.case), scope="row", class_="words"), tag("td", class_="chosen"),
            tag("td"), tag("td", class_="change"), id=f"row-{name}")
        for name in engine.names
    ]  # fmt: skip
    made = tag(
        "table",
        tag("caption", "Means and probabilities, with standard errors; changes with common random numbers"),
        tag("thead", tag("tr", tag("td"), *(tag("th", head, scope="col") for head in heads))),
        tag("tbody", *rows),
        id="results",
    )
    return tag("div", made, class_="scroll", tabindex="0", role="region", aria_label="Results")


# --- what the script needs -------------------------------------------------------------------------------------------


def _data(engine: Engine) -> dict[str, Any]:
    return {
        "controls": [
            {
                "key": control.key, "kind": control.kind, "label": control.label, "words": control.words,
                "values": control.values, "base": control.place,
            }
            for control in engine.controls
        ],
        "cards": CARDS,
        "first": FIRST,
    }  # fmt: skip


def _escaped(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _style() -> str:
    return joined(Html(_asset("board", "page", "page.css")), Html(_asset("live", "live.css")))


def _script() -> str:
    return _asset("live", "live.js")


def _asset(*names: str) -> str:
    return files("sim").joinpath(*names).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
