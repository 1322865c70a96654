"""The options of both benchmarks."""

import argparse

from programs import raise_file_limit


def read(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    settings = parser.parse_args()
    if settings.short and settings.write:
        parser.error("--short measures nothing that could be written")
    short = settings.short
    settings.rounds = settings.rounds or (1 if short else 5)
    settings.seconds = settings.seconds or (1 if short else 5)
    settings.judges = not short
    # Connections of the plot, and seconds at each.
    settings.load = [1, 8] if short else [1, 2, 4, 8, 16, 32, 64, 128, 256]
    settings.plot_seconds = 1 if short else 3
    # Clients that log in at once, idle connections, and starts of each program.
    settings.crowd = 20 if short else 500
    settings.crowd_seconds = 1 if short else 10
    settings.idle = 500 if short else 10_000
    settings.starts = 1 if short else 7
    # Users, and as many sessions.
    settings.sizes = [100, 1000] if short else [1000, 1_000_000]
    settings.files = raise_file_limit()
    return settings
