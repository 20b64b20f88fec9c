"""Aggregates tables with pandas: revenue per shop, one month at a time.

    cd docs/examples; whichpool advise sales.py:revenue --items sales.py:months

The tables are small: each takes pandas a millisecond or two. A plain loop is hard to beat.
"""

import numpy
import pandas

MONTHS, SALES, SHOPS = 24, 2_000, 20


def months():
    """One table for each month."""
    chance = numpy.random.default_rng(1)
    return [
        pandas.DataFrame(
            {
                "shop": chance.integers(0, SHOPS, SALES),
                "units": chance.integers(1, 9, SALES),
                "price": chance.random(SALES),
            }
        )
        for _ in range(MONTHS)
    ]


def revenue(month):
    """The revenue of the best shop of a month."""
    return float((month["units"] * month["price"]).groupby(month["shop"]).sum().max())
