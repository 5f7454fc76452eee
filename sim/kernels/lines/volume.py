"""Limits by the volume of the sessions before a notice, and of those of its pricing window."""

from sim.kernels.copying import fill_row, sum_rows
from sim.kernels.jit import stage, verb
from sim.lowering.line_records import VOLUME_MEAN
from sim.lowering.program import BLOCK, NEVER, UNLIMITED


@verb
def limit_by_volume(books, histories, tables, notice):
    """Set `volume` of every path: the most shares of a notice by the volumes that are known when it is given."""
    date, kind = books.date[0], tables.kinds[notice.kind]
    fill_row(date.volume, UNLIMITED)
    if kind.volume_sessions > 0 and kind.volume_statistic == VOLUME_MEAN:
        sum_rows(date.volume, histories.volume, notice.before_row, kind.volume_sessions)
        share_volume(date.volume, kind.volume_sessions, kind.volume_share, kind.volume_least)
    elif kind.volume_sessions > 0:
        find_median(date.volume, histories.volume, notice.before_row, kind.volume_sessions, books.lowest)
        share_volume(date.volume, 1.0, kind.volume_share, kind.volume_least)
    if kind.forward == 0 and kind.during_share < UNLIMITED:
        lower_to_share(date.volume, histories.volume, notice.during_row, kind.during_share)


@stage
def find_median(median, volume, first, sessions, lowest):
    """The middle of the volumes in order; of an even number the mean of the two in the middle."""
    number = sessions // 2 + 1
    for j in range(number):
        for i in range(BLOCK):
            lowest[j, i] = NEVER
    for k in range(first, first + sessions):
        for i in range(BLOCK):
            median[i] = volume[k, i]
        for j in range(number):
            for i in range(BLOCK):
                low, value = lowest[j, i], median[i]
                lowest[j, i] = value if value < low else low
                median[i] = low if value < low else value
    for i in range(BLOCK):
        middle = lowest[number - 1, i]
        median[i] = middle if sessions % 2 == 1 else 0.5 * (lowest[number - 2, i] + middle)


@stage
def share_volume(volume, number, share, least):
    """The share of a sum over `number` sessions, or `least` shares if that is more."""
    for i in range(BLOCK):
        shares = share * (volume[i] / number)
        volume[i] = shares if shares > least else least


@stage
def lower_to_share(limit, volume, row, share):
    for i in range(BLOCK):
        shares = share * volume[row, i]
        limit[i] = shares if shares < limit[i] else limit[i]


@verb
def volume_during(i, histories, kind, notice):
    """The most shares by the volume of the sessions of the windows after the date."""
    total = 0.0
    for k in range(notice.during_row, notice.during_row + notice.during_sessions):
        total = total + histories.volume[k, i]
    return kind.during_share * total if kind.during_share < UNLIMITED else UNLIMITED
