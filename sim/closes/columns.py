"""What the columns of a file are called, by services and by spreadsheets in several languages."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Names without accents and without anything but letters and digits, the preferred ones first.
DATE = _names("""
    date dates datum fecha data dato pvm paivamaara exchangedate tradedate tradingdate tradingday
    tradeday quotedate pricedate businessdate effectivedate pricingdate dlycaldt observationdate
    sessiondate asof asofdate caldt datadate day tag handelstag jour giorno dia 日期 交易日期 日付 日付け 날짜 日時 дата
    timestamp datetime time index t
""")
ADJUSTED = _names("""
    adjclose adjustedclose closeadj closeadjusted adjcloseprice adjustedcloseprice adjclosing
    adjclosingprice adjustedclosingprice closingpriceadj closingpriceadjusted adjlast adjprice
    adjustedprice adjusted splitadjustedclose 調整後終値
""")
CLOSE = _names("""
    close closelast closingprice closeprice lastclose closeask closebid pxlast prc dlyprc prccd
    priceclose officialclose tradeclose trdprc1 latest price last lastprice lastpx lasttrade lastsale
    lasttradedprice pxclose pxofficialclose schlusskurs schluss schlusspreis schlusskurse zuletzt kurs
    letzter letzterkurs cloture clot dernier courscloture coursdecloture cours cierre ultimo precio
    preciodecierre ultimoprecio chiusura prezzo prezzodichiusura prezzochiusura prezzoultimo fechamento fecho preco
    zamkniecie kurszamkniecia ostatnio slot slotkoers laatste koers slutkurs lukkekurs stangning stangningskurs stangn
    senast senaste sluttkurs siste lukukurs lukke paatoskurssi viimeisin 收盘 收盘价 收盤價 終値 종가 цена закрытие
    settle settlement settlementprice settleprice c
""")
VOLUME = _names("""
    adjvolume volume vol dlyvol pxvolume totalvolume tradevolume sharevolume volumeshares stuecke stuck
    stucke anzahlstucke totaltradedquantity numberofshares noofshares sharestraded tradedshares accvol1
    cshtrd umsatzstuck volumen wolumen 成交量 交易量 出来高 거래량 объем v
""")
SPLIT = ("splitfactor", "splitcoefficient", "stocksplits", "splitratio", "splits", "stocksplit")
SECURITY = ("ticker", "symbol", "permno", "tic", "gvkey", "isin", "cusip", "ric", "act_symbol", "actsymbol", "kypermno")
#: They show whether a comma is decimal.
OTHER_PRICES = _names("""
    open high low openprice highprice lowprice erster eroffnung hoch tief otwarcie najwyzszy najnizszy
    opening ouv haut bas plushaut plusbas apertura maximo minimo massimo abertura maxima minima hoog
    laag adjopen adjhigh adjlow
""")
#: In a table of two columns any other name beside the date names the closes.
NOT_CLOSES = frozenset({*VOLUME, *OTHER_PRICES, *SPLIT, *SECURITY, "change", "return", "returns", "ret", "dividends"})
MEAN_OF_QUOTES = "prc"  # CRSP: negative for the mean of bid and ask

_LETTERS = str.maketrans({"ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "ß": "ss", "æ": "ae"})


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """A name in lower case, without accents, remarks in brackets and anything but letters and digits."""
    outside = re.sub(r"\([^)]*\)|\[[^\]]*\]", "", name).strip() or name
    outside = outside.replace("%", "percent")  # `Close %` is no close
    plain = unicodedata.normalize("NFKD", outside.translate(_LETTERS))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return "".join(c for c in unicodedata.normalize("NFC", letters).lower() if c.isalnum())


@lru_cache(maxsize=4096)
def spellings(name: str) -> tuple[str, ...]:
    """What a name may be known as: whole, after a stock's name and a point (`XYZ.Close`), before one (`Close_XYZ`).

    The table of a web page repeats the explanation of a name after it.
    """
    found = [folded(name)]
    text = name.strip()
    if re.fullmatch(r"\S+\.\w+", text) and " " not in text:
        found.append(folded(text.rpartition(".")[2]))
    if "_" in text:
        found.append(folded(text.rpartition("_")[0]))
    for repeated in ("adjclose", "close"):
        if found[0].startswith((f"{repeated}adjusted", f"{repeated}closeprice")):
            found.append(repeated)
            break
    return tuple(found)
