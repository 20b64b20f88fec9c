"""Image-like computing in pure Python: blurs grey pictures, each a list of rows of bytes.

    cd docs/examples; whichpool advise thumbnails.py:blur --items thumbnails.py:pictures

Each task computes from start to end and holds the GIL: worker processes are the answer, or threads on a free-threaded
Python.
"""

import random

WIDTH, HEIGHT, PICTURES = 160, 100, 24


def pictures():
    """Random grey pictures, the same on every call."""
    chance = random.Random(1)
    return [[chance.randbytes(WIDTH) for _ in range(HEIGHT)] for _ in range(PICTURES)]


def blur(picture):
    """Each pixel becomes the mean of the nine around it; returns the checksum of the result."""
    total = 0
    for y in range(1, len(picture) - 1):
        above, here, below = picture[y - 1 : y + 2]
        for x in range(1, len(here) - 1):
            mean = (sum(above[x - 1 : x + 2]) + sum(here[x - 1 : x + 2]) + sum(below[x - 1 : x + 2])) // 9
            total = (total * 31 + mean) % 1_000_003
    return total
