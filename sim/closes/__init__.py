"""Closing prices of a stock: how data services and spreadsheets write them. The standard library reads them."""

from sim.closes.reader import read_closes
from sim.closes.series import Closes, ClosesError

__all__ = ["Closes", "ClosesError", "read_closes"]
