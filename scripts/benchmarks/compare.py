"""scripts/benchmark: measures, prints the tables, draws the plot."""

import json
import sys

import measure
import plot
import report
import settings as options
from programs import ROOT, TARGET, build_peers, build_server


def measured(settings):
    results = {}
    for name, step in [
        ("me", measure.me),
        ("login", measure.login),
        ("crowd", measure.crowd),
        ("processes", measure.processes),
        ("idle", measure.idle_connections),
        ("latency", measure.latency),
    ]:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        results[name] = step(settings)
    return results


def main():
    settings = options.read(__doc__)
    build_server(settings.short)
    build_peers(settings.short)
    results = measured(settings)
    folder = TARGET / "benchmark"
    folder.mkdir(exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1))
    text = "\n".join([
        report.machine(settings),
        report.me_table(results["me"]),
        report.login_table(results["login"]),
        report.crowd_table(results["crowd"]),
        report.process_table(results["processes"]),
        report.idle_table(results["idle"]),
    ])
    picture = plot.draw(results["latency"])
    print(text)
    if settings.write:
        report.write("benchmark", text)
        (ROOT / "docs" / "images" / "latency.svg").write_text(picture)
    else:
        (folder / "latency.svg").write_text(picture)
        print(f"The plot is in {folder}.", file=sys.stderr)


if __name__ == "__main__":
    main()
