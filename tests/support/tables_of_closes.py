"""One series of closes in the formats of many services and languages, for tests of the reader."""

import datetime
import math
import random

from sim.calendar import sessions

DAYS = sessions(datetime.date(2023, 11, 1), datetime.date(2024, 1, 31))
_random = random.Random(4)
CLOSES = tuple(round(1234.5 * math.exp(0.3 * math.sin(i / 7.0) + 0.02 * _random.random()), 2) for i in range(len(DAYS)))
VOLUMES = tuple(float(_random.randrange(10**6, 3 * 10**6)) for _ in DAYS)
_ROWS = list(zip(DAYS, CLOSES, VOLUMES, strict=True))
_BACK = _ROWS[::-1]

_FRENCH = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
_SPANISH = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_ITALIAN = ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"]


def _comma(number: float, thousands: str = ".") -> str:
    """With a decimal comma."""
    return f"{number:,.2f}".replace(",", "_").replace(".", ",").replace("_", thousands)


def _table(head: str, line, rows=_ROWS, end: str = "\n") -> str:
    return head + end + "".join(line(day, close, volume) + end for day, close, volume in rows)


def _milliseconds(day: datetime.date) -> int:
    return int(datetime.datetime(day.year, day.month, day.day, 5, tzinfo=datetime.UTC).timestamp() * 1000)


#: Text, encoding, and whether there is a column of volumes.
FORMATS = {
    "investing.com in German": (_table(
        '\ufeff"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"',
        lambda d, c, v: f'"{d:%d.%m.%Y}","{_comma(c)}","{_comma(c)}","9","8","{_comma(v / 1e6)}M","0,3%"', _BACK),
        "utf-8", True),
    "quantmod": (_table(
        '"Index","XYZ.Open","XYZ.High","XYZ.Low","XYZ.Close","XYZ.Volume","XYZ.Adjusted"',
        lambda d, c, v: f"{d},1,1,1,{2 * c},{v:.0f},{c}"), "utf-8", True),
    "pandas, unnamed index": (_table(",Close,Volume", lambda d, c, v: f"{d},{c},{v:.0f}"), "utf-8", True),
    "pandas, a series": (_table("Date,XYZ", lambda d, c, v: f"{d},{c}"), "utf-8", False),
    "pandas_datareader": (_table(
        "Attributes,Adj Close,Close\nSymbols,XYZ,XYZ\nDate,,", lambda d, c, v: f"{d},{c},{2 * c}"), "utf-8", False),
    "Excel in French": (_table(
        "Date;Clôture;Volume",
        lambda d, c, v: f"{d.day} {_FRENCH[d.month - 1]} {d.year};{_comma(c, chr(0x202F))};{v:.0f}",
        end="\r\n"), "utf-8-sig", True),
    "Excel in French, old": (_table(
        "Date;Clôture", lambda d, c, v: f"{d:%d/%m/%Y};{_comma(c, '')} €", end="\r\n"), "cp1252", False),
    "Excel, Unicode text": (_table("Date\tClose", lambda d, c, v: f"{d:%m/%d/%Y}\t{c}", end="\r\n"), "utf-16", False),
    "UTF-16 without a mark": (_table("Date\tClose", lambda d, c, v: f"{d:%m/%d/%Y}\t{c}"), "utf-16-le", False),
    "Excel, day numbers": (_table(
        "Date,Close", lambda d, c, v: f"{(d - datetime.date(1899, 12, 30)).days},{c}"), "utf-8", False),
    "Excel, whole lines in quotes": (_table('"Date,Close"', lambda d, c, v: f'"{d},{c}"'), "utf-8", False),
    "formulas": (_table("Date,Close", lambda d, c, v: f'="{d}",="{c}"'), "utf-8", False),
    "Mac": (_table("Date,Close", lambda d, c, v: f"{d},{c}", end="\r"), "utf-8", False),
    "Refinitiv": (_table(
        "XYZ.O,,\nHistory,,\n,,\nExchange Date,Close,Net,%Chg,Open,Low,High,Volume,Turnover - USD,Flow,,,",
        lambda d, c, v: f'{d:%d-%b-%Y},"{c:,.2f}",0.1,+0.3%,1,1,1,"{v:,.0f}","{v * c:,.0f}",1,,,', _BACK),
        "utf-8", True),
    "CRSP": (_table(
        "PERMNO,date,TICKER,PRC,VOL,RET", lambda d, c, v: f"10107,{d:%Y%m%d},XYZ,{-c if d.day % 5 else c},{v:.0f},0.1"),
        "utf-8", True),
    "a copied web page": (_table(
        "Date\tOpen\tClose Close price adjusted for splits.\tAdj Close Adjusted close price adjusted for splits and "
        "dividend and/or capital gain distributions.\tVolume",
        lambda d, c, v: f"{d:%b} {d.day}, {d.year}\t1\t{2 * c:,.2f}\t{c:,.2f}\t{v:,.0f}", _BACK), "utf-8", True),
    "Stooq in Polish": (_table(
        "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen",
        lambda d, c, v: f"{d},1,1,1,{c},{v:.0f}"), "utf-8", True),
    "Nasdaq Nordic": (_table(
        "sep=;\nDate;Bid;Ask;Opening price;High price;Low price;Closing price;Average price;Total volume;Turnover;X;",
        lambda d, c, v: f"{d};1,5;1,5;1,5;1,5;1,5;{_comma(c, '')};1,5;{v:.0f};9;1;", _BACK), "utf-8", True),
    "Euronext": (_table(
        '\ufeff"Historical Data"\n"From 2023-11-01 to 2024-01-31"\nFR0000000000\n'
        'Date;Open;High;Low;Last;Close;"Number of Shares";Turnover;vwap',
        lambda d, c, v: f"{d:%d/%m/%Y};1;1;1;{c + 1:.2f};{c};{v:.0f};2;3", _BACK), "utf-8", True),
    "NSE India": (_table(
        '"Date ","series ","OPEN ","PREV. CLOSE ","ltp ","close ","vwap ","VOLUME ","VALUE "',
        lambda d, c, v: f'"{d:%d-%b-%Y}","EQ","1","2","3","{c:,.2f}","4","{v:,.0f}","6"', _BACK), "utf-8", True),
    "Barchart": (_table(
        "Symbol,Time,Open,Last,Change,%Chg,Volume", lambda d, c, v: f"XYZ,{d:%m/%d/%Y},1,{c},+0.3,+0.2%,{v:.0f}", _BACK)
        + '"Downloaded from Barchart.com as of 02-01-2024 10:00am CST"\n', "utf-8", True),
    "Polygon": (_table("v,vw,o,c,h,l,t,n", lambda d, c, v: f"{v:.0f},1,1,{c},1,1,{_milliseconds(d)},9"), "utf-8", True),
    "Swiss": (_table("Datum;Kurs", lambda d, c, v: f"{d:%d.%m.%y};CHF {c:,.2f}".replace(",", "’")), "utf-8", False),
    "Spanish": (_table(
        "Fecha,Último,Apertura,Vol.",
        lambda d, c, v: f'{d.day} de {_SPANISH[d.month - 1]} de {d.year},"{_comma(c)}","1,5","{v:.0f}"'),
        "utf-8", True),
    "Italian": (_table(
        "Data;Ultimo;Apertura", lambda d, c, v: f"mar {d.day} {_ITALIAN[d.month - 1]} {d.year};{_comma(c)};1,5"),
        "utf-8", False),
    "Korean": (_table(
        "날짜,종가,거래량", lambda d, c, v: f'"{d:%Y- %m- %d}","{c:,.2f}",{v:.0f}', _BACK), "utf-8", True),
    "Google Sheets in Europe": (_table(
        "Date,Close", lambda d, c, v: f'{d:%d/%m/%Y} 16:00:00,"{_comma(c, "")}"'), "utf-8", False),
    "years of two digits first": (_table("Date,Close", lambda d, c, v: f"{d:%y/%m/%d},{c}"), "utf-8", False),
    "weekdays": (_table("Date,Close", lambda d, c, v: f'"{d:%A, %B} {d.day}, {d.year}",{c}'), "utf-8", False),
    "pipes": (_table("DATE|CLOSE_PRICE|VOLUME", lambda d, c, v: f"{d:%Y/%m/%d}|{c}|{v:.0f}"), "utf-8", True),
    "a vendor's suffixes": (_table("date;close_xyz;volume_xyz", lambda d, c, v: f"{d};{c};{v:.0f}"), "utf-8", True),
}  # fmt: skip
