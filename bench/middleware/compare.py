"""bench/middleware/run: what users of the guide's Express middleware have, and what they get from the proxy.

An Express application that answers 1 KiB of JSON, asked for one URL that is in the cache. The same application behind
Drishti, without the middleware; and both sharing one Redis (proxy_cache_format middleware). Redis and wrk (one thread) are
pinned to core 1, node and the proxies to core 0. All setups are up at once and take turns; tables show medians over the
rounds with their spread. Every answer is checked. npm packages are installed into build/.
"""

import argparse
import contextlib
import datetime
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

import load
import measure
import peers
import setups

PATH = "/items/1"
COLUMNS = {"rate": ("requests per second", 0), "p50": ("p50 ms", 2), "p99": ("p99 ms", 2),
           "proxy": ("CPU us per request: proxy", 1), "node": ("node", 1), "redis": ("Redis", 1)}


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bench/middleware/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="turns of each setup (default 5)")
    parser.add_argument("--seconds", type=int, default=4, help="length of each turn (default 4)")
    parser.add_argument("--clients", type=int, default=64, help="connections of wrk (default 64)")
    parser.add_argument("--only", help="comma-separated names of setups; the first column of the table has them")
    parser.add_argument("--name", default="middleware", help="the result is kept as bench/results/DATE-NAME.md")
    parser.add_argument("--no-save", action="store_true", help="print only")
    return parser.parse_args()


def expected_body():
    """What app.js says it answers, made here once more."""
    value = {"id": "1", "name": "item 1", "text": ""}
    room = 1024 - len(json.dumps(value, separators=(",", ":")))
    value["text"] = ("abcdefghijklmnopqrstuvwxyz" * 40)[:room]
    return json.dumps(value, separators=(",", ":")).encode()


@contextlib.contextmanager
def running(started):
    try:
        for peer in started:
            peer.start()
        yield
    finally:
        for peer in reversed(started):
            peer.stop()


def check(setup):
    """The right bytes, and from where they have to come."""
    load.check_answers(setup.front.port, PATH, expected_body())
    if isinstance(setup.front, setups.Proxy):
        with urllib.request.urlopen(f"http://127.0.0.1:{setup.front.port}{PATH}", timeout=5) as answer:
            status = answer.headers.get("Cache-Status", "")
        if "; hit" not in status:
            raise load.WrongAnswer(f"{setup.name}: no hit: Cache-Status is {status!r}")
    elif setup.express.has_cache:
        command = [peers.command_of("redis-cli"), "-p", str(peers.REDIS_PORT), "get", f"cache:{PATH}"]
        if subprocess.run(command, capture_output=True, check=True).stdout.strip() != expected_body():
            raise load.WrongAnswer(f"{setup.name}: the middleware has not stored its answer")


def cpu_seconds(setup, redis):
    return {**setup.cpu_seconds(), "redis": redis.cpu_seconds()}


def measure_once(setup, redis, options, seconds):
    before = cpu_seconds(setup, redis)
    result = load.wrk(setup.front.port, PATH, options.clients, seconds, len(expected_body()))
    after = cpu_seconds(setup, redis)
    cpu = {who: (after[who] - before[who]) * 1e6 / result["requests"] for who in after}
    return {"rate": result["requests"] * 1e6 / result["microseconds"], "p50": result["p50"] / 1000,
            "p99": result["p99"] / 1000, **cpu}


def measure_all(chosen, redis, options):
    """{setup's name: [one figure a round]}"""
    figures = {setup.name: [] for setup in chosen}
    for setup in chosen:
        load.check_answers(setup.front.port, PATH, expected_body())
        measure_once(setup, redis, options, 1)
        check(setup)
    for number in range(options.rounds):
        for setup in chosen:
            figures[setup.name].append(measure_once(setup, redis, options, options.seconds))
        rates = ", ".join(f"{name} {rounds[-1]['rate']:.0f}/s" for name, rounds in figures.items())
        measure.progress(f"  round {number + 1}: {rates}")
    for setup in chosen:
        check(setup)
    return figures


def table(chosen, figures):
    lines = ["| | setup | " + " | ".join(title for title, _ in COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 2) + "|"]
    for setup in chosen:
        cells = [measure.spread([r[column] for r in figures[setup.name]], digits) for column, (_, digits) in COLUMNS.items()]
        lines.append(f"| {setup.name} | {setup.title} | " + " | ".join(cells) + " |")
    return lines


def times_table(chosen, figures):
    """Drishti against what users have today, within each round."""
    today = [setup for setup in chosen if "middleware" in setup.name]
    ours = [setup for setup in chosen if isinstance(setup.front, setups.Proxy)]
    lines = ["| requests per second, times those of | " + " | ".join(setup.name for setup in ours) + " |",
             "|---" * (len(ours) + 1) + "|"]
    for other in today:
        cells = [measure.spread([mine["rate"] / theirs["rate"] for mine, theirs in zip(figures[setup.name], figures[other.name])], 1)
                 for setup in ours]
        lines.append(f"| {other.name} | " + " | ".join(cells) + " |")
    return lines


def machine():
    """As bench/run tells it, with what is different here."""
    lines = [line for line in measure.machine() if not line.startswith(("- haproxy", "- command"))]
    redis = measure.first_line(peers.command_of("redis-server"), "-v").split(" sha")[0]
    return lines + [f"- node {measure.first_line(peers.command_of('node'), '-v')}, {setups.package_versions()}, {redis}",
                    f"- command: bench/middleware/run {' '.join(sys.argv[1:])}".rstrip()]


def choose(all_setups, names):
    known = [setup.name for setup in all_setups]
    wanted = names.split(",") if names else known
    if set(wanted) - set(known):
        raise SystemExit(f"bench: --only knows {', '.join(known)}")
    return [setup for setup in all_setups if setup.name in wanted]


def refused(chosen):
    return [setup for setup in chosen if isinstance(setup.front, setups.Proxy) and not setup.front.is_accepted()]


def report(options, chosen, figures, head):
    lines = [f"# Express and its cache middleware, {datetime.date.today()}: {options.name}", "", *head, "",
             f"GET {PATH}, 1 KiB of JSON, {options.clients} clients, cached. Median (lowest-highest) of {options.rounds} rounds "
             f"of {options.seconds} s.", "", *table(chosen, figures), "", *times_table(chosen, figures)]
    print("\n".join(lines))
    return lines


def main():
    options = parse_arguments()
    load.allow_many_files()
    head = machine()
    with tempfile.TemporaryDirectory(prefix="drishti-bench-") as directory:
        os.chmod(directory, 0o755)
        redis = setups.Redis(directory)
        all_setups, programs = setups.make_setups(directory, measure.PORTS)
        chosen = choose(all_setups, options.only)
        for setup in refused(chosen):
            chosen.remove(setup)
            head.append(f"- not measured: {setup.title}: this build refuses its configuration")
        needed = [peer for peer in programs if any(peer in (setup.front, setup.express) for setup in chosen)]
        with running([redis, *needed]):
            figures = measure_all(chosen, redis, options)
            configurations = {(peer.name, "middleware"): peer.configuration() for peer in needed}
    lines = report(options, chosen, figures, head)
    if not options.no_save:
        file = peers.ROOT / "bench" / "results" / f"{datetime.date.today()}-{options.name}.md"
        text = "\n".join(lines + measure.configuration_section(configurations)).rstrip() + "\n"
        file.write_text(text)
        measure.progress(f"kept in {file.relative_to(peers.ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except load.WrongAnswer as wrong:
        raise SystemExit(f"bench: wrong answer: {wrong}") from wrong
