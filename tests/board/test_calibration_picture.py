"""The figure of a calibration shows what the calibration says."""

import datetime

import numpy as np
import pytest
from matplotlib.dates import num2date

from sim.analysis.calibration.calibrate import calibrate
from sim.board.charts.calibration import calibration_picture, return_quantiles, stock_closes, volatility_through_time
from sim.closes import Closes


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(3)
    returns = rng.standard_normal(500) * np.where(np.arange(500) // 100 % 2, 0.02, 0.08)
    days = [datetime.date(2021, 1, 4) + datetime.timedelta(days=i) for i in range(900)]
    weekdays = [day for day in days if day.weekday() < 5][:501]
    return calibrate(Closes("XYZ.csv", "Close", tuple(weekdays), tuple(2.0 * np.exp(np.cumsum([0.0, *returns])))))


def test_closes_are_drawn_as_they_are(found):
    ax = stock_closes(found)
    assert tuple(ax.lines[0].get_ydata()) == found.closes.values
    assert ax.get_title(loc="left").startswith("XYZ.csv: 501 closes")
    assert ax.get_yscale() == "log"


def test_volatilities_are_those_of_the_last_sixty_returns(found):
    ax = volatility_through_time(found)
    moving = next(line for line in ax.lines if line.get_label() == "last 60 returns").get_ydata()
    returns = np.diff(np.log(found.closes.values))
    assert moving[-1] == pytest.approx(100.0 * returns[-60:].std(ddof=1) * np.sqrt(252.0))
    assert np.isnan(moving[:59]).all()
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {
        "95% interval", "all returns", found.garch, "last 60 returns",
    }  # fmt: skip


def test_closes_too_few_for_sixty_returns_keep_their_dates(found):
    few = Closes("XYZ.csv", "Close", found.closes.dates[:47], found.closes.values[:47])
    ax = volatility_through_time(calibrate(few))
    first, last = (num2date(end).date() for end in ax.get_xlim())
    assert (first, last) == (few.dates[1], few.dates[-1])
    assert "last 60 returns" not in {text.get_text() for text in ax.get_legend().get_texts()}


def test_quantiles_of_the_models_are_theirs(found):
    ax = return_quantiles(found)
    lines = {line.get_label(): line for line in ax.lines}
    assert set(lines) == {"closes", *found.curves.models}
    points = lines["closes"].get_ydata()
    assert np.all(np.diff(points) >= 0.0)
    # The probabilities below the quantiles of the best model are the plotting positions, up to the sampling error.
    model = found.curves.models[found.best]
    below = np.searchsorted(np.sort(found.curves.observed), model) / 500
    assert np.abs(below - (np.arange(500) + 0.5) / 500).max() < 1.95 / np.sqrt(500)
    normal = found.curves.models["gbm"]
    below = np.searchsorted(np.sort(found.curves.observed), normal) / 500
    assert np.abs(below - (np.arange(500) + 0.5) / 500).max() > 1.95 / np.sqrt(500)


def test_the_picture_has_three_charts(found):
    text = calibration_picture(found, "svg").decode()
    for words in ("XYZ.csv: 501 closes", "The volatility is", f"The closes support {found.best} best"):
        assert words in text
    assert calibration_picture(found, "png").startswith(b"\x89PNG")
