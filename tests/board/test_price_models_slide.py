"""The slide on price models: the model of the case with the source of its parameters, and how the answer moves."""

from types import SimpleNamespace

import pytest

import sim
from sim.analysis.calibration.rewriting import rewritten
from sim.analysis.paired import NOTHING
from sim.analysis.price_models import price_models
from sim.board.deck.deck import BUDGETS
from sim.board.story.price_models import price_models as slide
from sim.board.words import aligned, bare
from sim.results.estimates import Estimate
from sim.terms.files import SHIPPED
from tests.analysis.test_price_models import CLUSTERS, GBM, MODELS, case_of

_PACKS: dict = {}


def pack_of(own, closes):
    """What the slide reads of a pack."""
    key = own, closes
    if key not in _PACKS:
        price = MODELS[own] if own != "bootstrap" else {"model": "bootstrap"}
        case = case_of(price, CLUSTERS if closes else None)
        found = price_models(case, 1_000, 3)
        _PACKS[key] = SimpleNamespace(price_models=found, result=SimpleNamespace(case=case))
    return _PACKS[key]


PACKS = [(own, closes) for own in (*MODELS, "bootstrap") for closes in (False, True) if closes or own != "bootstrap"]


@pytest.mark.parametrize(("own", "closes"), PACKS)
def test_the_slide_fits_and_has_a_row_for_each_model(own, closes):
    pack = pack_of(own, closes)
    shown = slide(pack)
    assert len(shown.headline) <= BUDGETS["headline"]
    assert max(len(each) for each in (shown.sure, shown.compared, shown.change)) <= BUDGETS["question"]
    assert len(shown.source) <= BUDGETS["source"]
    rows = shown.charts[0].table.rows
    labels = [each.label.removesuffix(", calibrated").lower() for each in pack.price_models.variants.variants]
    assert [row[0].removesuffix(" [C]").lower() for row in rows] == labels
    assert any("[C]" in row[0] for row in rows) == closes
    assert all("kurtosis" in row[1] for row in rows)


def test_cells_are_the_levels_and_the_paired_changes():
    pack = pack_of("heston", True)
    found, rows = pack.price_models, slide(pack).charts[0].table.rows
    tails = [bare(text) for text in aligned("dilution", found.shortfall)]
    moves = [bare(text) for text in aligned("dilution", found.shortfall_differences[1:], signed=True)]
    assert [row[3].partition(" ")[0] for row in rows] == tails
    for row, move, difference in zip(rows[1:], moves, found.shortfall_differences[1:], strict=True):
        inside = row[3].partition("(")[2].rstrip(")").split("\N{NO-BREAK SPACE}")
        assert inside[0] == move
        rounding = 0.5 * 10.0 ** -len(move.partition(".")[2])
        assert float(inside[2]) == pytest.approx(100.0 * difference.se, abs=rounding)
    for column, name in ((2, "shares_issued"), (4, "raised"), (5, "runway_months"), (6, "cash_out")):
        levels = [bare(text) for text in aligned(name, found.comparison.estimates[name])]
        assert [row[column].partition(" ")[0] for row in rows] == levels


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("gbm", "The price model of the case is geometric Brownian motion: volatility 90%; stated in the case."),
        ("merton", "jump diffusion (Merton): volatility 70%, 6 jumps a year (log: mean \N{MINUS SIGN}0.05, sd 0.2)"),
        ("heston", "stochastic variance (Heston): volatility 130%, later 90%, mean reversion 3, vol of vol 1.2"),
        ("garch normal", "GARCH(1, 1), normal shocks: volatility 130%, later 90%, alpha 0.1, beta 0.85"),
        ("garch t", "GARCH(1, 1), Student-t shocks: volatility 90%, alpha 0.08, beta 0.9, 5 degrees of freedom"),
    ],
)
def test_the_slide_names_the_model_of_the_case(own, words):
    shown = slide(pack_of(own, False))
    assert words in shown.compared
    assert "stated in the case" in shown.compared
    assert shown.change == (
        "The other models have the expected variance of the case's first year and stated shapes; the case gives no "
        "closes to calibrate them to."
    )
    assert "The stock price is $3.00 at the opening." in shown.notes


def test_the_slide_says_what_was_calibrated():
    shown = slide(pack_of("bootstrap", True))
    assert "resampled returns (bootstrap): 756 returns in blocks of 20 sessions; stated in the case" in shown.compared
    assert shown.change.startswith(
        "Models marked [C] are calibrated to the 756 returns of the case's closes; the others"
    )
    assert "Jump diffusion (Merton) has a stated shape. The jump rate is at its bound of 50 a year" in shown.notes
    assert "Resampled returns have no correlation with the burn" in slide(pack_of("gbm", True)).notes


def test_the_source_in_the_case_file_is_shown():
    case = sim.load_case("valence-2002")
    found = price_models(case, 500, 3)
    shown = slide(SimpleNamespace(price_models=found, result=SimpleNamespace(case=case)))
    assert (
        "volatility 95%; stated in the case (assumption: usual for a small technology company without profits)."
        in shown.compared
    )


def test_a_tag_beside_the_volatility_is_explained():
    case = sim.load_case("kulr-2022")
    found = price_models(case, 500, 3)
    shown = slide(SimpleNamespace(price_models=found, result=SimpleNamespace(case=case)))
    assert "[" not in shown.compared
    assert "volatility 101%; stated in the case (" in shown.compared


def test_parameters_that_calibrate_wrote_are_called_calibrated(tmp_path):
    closes, path = tmp_path / "prices.csv", tmp_path / "case.toml"
    closes.write_text("Date,Close\n" + "".join(f"{day},{close}\n" for day, close in CLUSTERS))
    path.write_bytes((SHIPPED / "valence-2002.toml").read_bytes())
    path.write_text(rewritten(path, sim.calibrate(str(closes)), "garch")[0], encoding="utf-8")
    case = sim.load_case(path)
    pack = SimpleNamespace(price_models=price_models(case, 500, 3), result=SimpleNamespace(case=case))
    assert slide(pack).compared.endswith(f"; calibrated to prices.csv, {CLUSTERS[0][0]} to 2002-03-28.")
    changed = case.replace({"price.volatility": 0.7})
    pack = SimpleNamespace(price_models=price_models(changed, 500, 3), result=SimpleNamespace(case=changed))
    assert slide(pack).compared.endswith("stated in the case (changed for this run; the case file says otherwise).")


def test_the_headline_has_the_range_of_changes_beyond_their_errors():
    pack = pack_of("gbm", False)
    assert _headline(pack, [0.004, -0.41, 0.3, 0.1], [0.0, 0.0, 0.0, 0.0]) == (
        "Other price models change mean runway by \N{MINUS SIGN}0.41 to +0.30 months, not the expected "
        "shortfall of the line's dilution"
    )
    assert _headline(pack, [0.01] * 4, [0.01] * 4) == (
        "No other price model changes the mean runway or the expected shortfall of the line's dilution"
    )


def _headline(pack, runway, tail):
    def estimates(values, se):
        return (NOTHING, *(Estimate(value, se, (value - 2 * se, value + 2 * se)) for value in values))

    found = pack.price_models
    differences = {**found.comparison.differences, "runway_months": estimates(runway, 0.02)}
    comparison = type(found.comparison)(**{**vars(found.comparison), "differences": differences})
    moved = type(found)(**{**vars(found), "comparison": comparison, "shortfall_differences": estimates(tail, 0.02)})
    return slide(SimpleNamespace(price_models=moved, result=pack.result)).headline


def test_there_is_no_slide_without_a_line_or_another_model():
    for case in (case_of(GBM | {"volatility": 0.0}), case_of(GBM).replace({"line.commitment": 0})):
        found = price_models(case, 64, 3)
        assert slide(SimpleNamespace(price_models=found, result=SimpleNamespace(case=case))) is None
