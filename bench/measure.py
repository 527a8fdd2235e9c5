"""bench/run: Drishti against nginx, HAProxy and a raw relay.

One proxy worker pinned to core 0; wrk (one thread) and three tiny backends pinned to core 1; loopback. All proxies of a
row are up at once and take turns (A B C A B C ...); each figure is the proxy's own CPU time (user + system) per
request, each ratio is taken within one round, and the table shows medians over the rounds with their spread. With
--together, and for handshakes always, they do not take turns but share the cores: what neighbours of the machine take
hits all alike, and none is measured half idle because the load generator is slower than it. Ratios then vary much less;
rates and latencies are shares and mean nothing by themselves. Every answer is checked. Drishti writes its access log,
except as ours-no-log; nginx is measured without (nginx) and with (nginx-log).
The floor of a cache hit is a program that parses nothing and sends an answer made in advance: the kernel's part.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import datetime
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import load
import peers
import secure


@dataclasses.dataclass(frozen=True)
class Row:
    title: str
    path: str
    body: bytes
    clients: int
    kinds: tuple
    targets: dict  # peer -> at most this ratio
    setup: str = "plain"
    streams: int = 1  # at once on a connection
    field: str = ""  # that every request has besides


PROXIES = ("ours", "ours-no-log", "nginx", "nginx-log", "haproxy", "raw")
ALL = (*PROXIES, "varnish", "proxying", "floor")
OURS_AND_NGINX = ("ours", "nginx", "nginx-log")
VARIANTS = {"nginx-log": ("nginx", True), "ours-no-log": ("ours", False), "proxying": ("ours", True)}  # name -> program, its log
OVER_TLS = ("ours", "ours-no-log", "nginx", "nginx-log", "haproxy")
KIB = load.expected_body(1024)
JSON = load.expected_json(16384)
ACCEPTS_GZIP = "Accept-Encoding: gzip"
ROWS = {
    "1k-64": Row("GET 1 KiB, pooled, 64 clients", "/1k", KIB, 64, PROXIES, {"nginx": 0.82, "haproxy": 0.72, "raw": 1.20}),
    "1k-512": Row("GET 1 KiB, pooled, 512 clients", "/1k", KIB, 512, PROXIES, {"nginx": 0.85}),
    "user": Row("the user's nginx.conf, GET 1 KiB, 64 clients", "/", KIB, 64, OURS_AND_NGINX, {"nginx": 0.30}, setup="user"),
    "16k": Row("GET 16 KiB, pooled, 64 clients", "/16k", load.expected_body(16384), 64, PROXIES, {"nginx": 0.85}),
    "1m": Row("GET 1 MiB, pooled, 64 clients", "/1m", load.expected_body(1 << 20), 64, PROXIES, {"nginx": 0.62}),
    "hit": Row("memory cache hit, 1 KiB, 64 clients", "/1k", KIB, 64, ("ours", "nginx", "nginx-log", "varnish", "floor"),
               {"nginx": 0.42, "varnish": 0.40}, setup="cache"),
    "redis-hit": Row("Redis hit, 1 KiB, 64 clients, no memory layer", "/1k", KIB, 64, ("ours", "proxying"), {"proxying": 1.0},
                     setup="redis"),
    "tls": Row("TLS keep-alive, GET 1 KiB, 64 clients", "/1k", KIB, 64, OVER_TLS, {"nginx": 0.85}, setup="tls"),
    "h2": Row("HTTP/2 over TLS, GET 1 KiB, 16 clients x 32 streams", "/1k", KIB, 16, OVER_TLS, {"nginx": 0.75}, setup="h2", streams=32),
    "h2-return": Row("HTTP/2 over TLS, return 200, 16 clients x 32 streams", "/return", b"healthy\n", 16, OURS_AND_NGINX, {}, setup="h2",
                     streams=32),
    "gzip": Row("gzip of 16 KiB of JSON, level 1, 64 clients", "/json", JSON, 64, OURS_AND_NGINX, {"nginx": 1.0}, setup="gzip",
                field=ACCEPTS_GZIP),
    "gzip-hit": Row("memory cache hit with gzip, 16 KiB of JSON, 64 clients", "/json", JSON, 64, OURS_AND_NGINX, {"nginx": 0.25},
                    setup="gzip-cache", field=ACCEPTS_GZIP),
    "return": Row("return 200, 64 clients", "/return", b"healthy\n", 64, ("ours", "nginx", "nginx-log", "haproxy"), {}),
}
EXTRA = {"idle": "private memory per idle keep-alive client", "syscalls": "system calls per request (GET 1 KiB, 64 clients)",
         "allocations": "heap allocations per request (GET 1 KiB, 64 clients)",
         "handshakes": "TLS connections with one request: CPU of the proxy (ECDSA P-256)",
         "idle-tls": "private memory per idle keep-alive client over TLS"}
IDLE_TARGET_KIB = {"plain": 2.0, "tls": 13.0}
HANDSHAKE_TARGET = 1.0
PORTS = iter(range(19100, 19999))


def parse_arguments():
    names = ", ".join([*ROWS, *EXTRA])
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join([*ROWS, *EXTRA]), help=f"comma-separated, of: {names}")
    parser.add_argument("--only", default=",".join(ALL), help=f"comma-separated peers, of: {', '.join(ALL)}")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each proxy in each row (default 5)")
    parser.add_argument("--seconds", type=int, default=4, help="length of each turn (default 4)")
    parser.add_argument("--together", action="store_true", help="all at the same time instead of in turns: for ratios")
    parser.add_argument("--clients", type=int, default=2000, help="idle clients of the row idle (default 2000)")
    parser.add_argument("--name", default="run", help="the result is kept as bench/results/DATE-NAME.md")
    parser.add_argument("--no-save", action="store_true", help="print only")
    options = parser.parse_args()
    options.rows, options.only = options.rows.split(","), options.only.split(",")
    for given, known in ((options.rows, [*ROWS, *EXTRA]), (options.only, ALL)):
        if set(given) - set(known):
            parser.error(f"unknown: {', '.join(set(given) - set(known))} (known: {', '.join(known)})")
    return options


def make_peer(kind, directory, **settings):
    program, has_log = VARIANTS.get(kind, (kind, kind == "ours"))
    return peers.Peer(program, directory, next(PORTS), name=kind, access_log=has_log, **({} if kind == "proxying" else settings))


@contextlib.contextmanager
def running(kinds, directory, **settings):
    started = [make_peer(kind, directory, **settings) for kind in kinds]
    try:
        for peer in started:
            peer.start()
        yield started
    finally:
        for peer in started:
            peer.stop()


def progress(text):
    print(text, file=sys.stderr, flush=True)


def measure_once(peer, row, seconds, length):
    before = peer.cpu_seconds()
    if row.streams > 1:
        scheme = "http" if row.setup == "h2c" else "https"
        result = secure.h2load(peer.port, row.path, row.clients, row.streams, seconds, len(row.body), scheme)
    else:
        result = load.wrk(peer.port, row.path, row.clients, seconds, length, "https" if row.setup == "tls" else "http", row.field)
    cpu = (peer.cpu_seconds() - before) * 1e6 / result["requests"]
    return {"cpu": cpu, "rate": result["requests"] * 1e6 / result["microseconds"], "p99": result["p99"]}


def check_answers(peer, row):
    """The length of an answer's body as it is sent."""
    if row.setup in ("tls", "h2", "h2c"):
        secure.check_answers(peer.port, row.path, row.body, row.setup)
        return len(row.body)
    return load.check_answers(peer.port, row.path, row.body, row.field)


def in_turns(started, work):
    return {peer.name: work(peer) for peer in started}


def at_once(started, work):
    with concurrent.futures.ThreadPoolExecutor(len(started)) as pool:
        return dict(zip((peer.name for peer in started), pool.map(work, started)))


def rotated(kinds, number):
    """Who begins changes from round to round."""
    first = number % len(kinds)
    return kinds[first:] + kinds[:first]


def measure_round(row, kinds, options, directory, configurations):
    """{peer: figures}, of programs started for this round: where a program's memory happens to lie is worth some per cent."""

    def work(peer):
        length = check_answers(peer, row)
        measure_once(peer, row, 1, length)
        figures = measure_once(peer, row, options.seconds, length)
        check_answers(peer, row)
        return figures

    with running(kinds, directory, setup=row.setup) as started:
        for peer in started:
            configurations.setdefault((peer.name, row.setup), peer.configuration())
        return (at_once if options.together else in_turns)(started, work)


def measure_row(row, options, directory, configurations):
    """{peer: [one figure a round]}."""
    kinds = [kind for kind in row.kinds if kind in options.only]
    figures = {kind: [] for kind in kinds}
    for number in range(options.rounds):
        measured = measure_round(row, rotated(kinds, number), options, directory, configurations)
        for kind, figure in measured.items():
            figures[kind].append(figure)
        progress(f"  round {number + 1}: " + ", ".join(f"{kind} {figures[kind][-1]['cpu']:.1f} us" for kind in kinds))
    return figures


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def compared(results):
    """(who, with whom), as columns. Like is compared with like, too: neither with a log."""
    others = [kind for kind in ALL if not kind.startswith("ours")]
    pairs = [("ours-no-log", "nginx"), *(("ours", other) for other in others)]
    return [pair for pair in pairs if any(set(pair) <= set(figures) for figures in results.values())]


def ratio_cell(targets, figures, who, other):
    if who not in figures or other not in figures:
        return "-"
    values = [ours["cpu"] / theirs["cpu"] for ours, theirs in zip(figures[who], figures[other])]
    target = targets.get(other)
    if target is None:
        return spread(values)
    verdict = "ok" if statistics.median(values) <= target else "short"
    return f"{spread(values)}, target {target:.2f}: {verdict}"


def ratio_table(results):
    pairs = compared(results)
    lines = ["| work | " + " | ".join(f"{who} / {other}" for who, other in pairs) + " |", "|---" * (len(pairs) + 1) + "|"]
    for name, figures in results.items():
        lines.append("| " + " | ".join([ROWS[name].title] + [ratio_cell(ROWS[name].targets, figures, *pair) for pair in pairs]) + " |")
    return lines


def absolute_table(results):
    lines = ["| work | peer | CPU us per request | requests per second | p99 us |", "|---|---|---|---|---|"]
    for name, figures in results.items():
        for kind, rounds in figures.items():
            cells = [spread([r["cpu"] for r in rounds], 1), spread([r["rate"] for r in rounds], 0), spread([r["p99"] for r in rounds], 0)]
            lines.append(f"| {name} | {kind} | " + " | ".join(cells) + " |")
    return lines


def measure_idle_tls(options, directory):
    return measure_idle(options, directory, "tls")


def measure_idle(options, directory, setup="plain"):
    lines = [f"| peer | KiB of private memory per idle client ({options.clients} clients) | |", "|---|---|---|"]
    for kind in (k for k in ("ours", "nginx", "haproxy") if k in options.only):
        with running([kind], directory, setup=setup) as (peer,):
            kib = (secure if setup == "tls" else load).idle_clients(peer, options.clients)
        verdict, target = "", IDLE_TARGET_KIB[setup]
        if kind == "ours":
            verdict = f"target {target:.0f}: {'ok' if kib <= target else 'short'}"
        lines.append(f"| {kind} | {kib:.2f} | {verdict} |")
        progress(f"  {kind}: {kib:.2f} KiB")
    return lines


def measure_system_calls(options, directory):
    lines = ["| peer | calls per request | of which |", "|---|---|---|"]
    for kind in (k for k in PROXIES if k in options.only):
        with running([kind], directory) as (peer,):
            load.wrk(peer.port, "/1k", 64, 1, 1024)
            calls = load.system_calls(peer, directory, 3)
        common = sorted(calls.items(), key=lambda item: -item[1])[:7]
        lines.append(f"| {kind} | {sum(calls.values()):.2f} | " + ", ".join(f"{name} {n:.2f}" for name, n in common) + " |")
        progress(f"  {kind}: {sum(calls.values()):.2f}")
    return lines


def measure_allocations(options, directory):
    lines = ["| peer | allocations per request |", "|---|---|"]
    for kind in (k for k in ("ours", "nginx", "haproxy") if k in options.only):
        counter = pathlib.Path(directory) / f"allocations-{kind}"
        counter.write_bytes(bytes(4096))
        counter.chmod(0o666)
        with running([kind], directory, allocation_counter=counter) as (peer,):
            number = load.heap_allocations(peer, 2)
        lines.append(f"| {kind} | {number:.2f} |")
        progress(f"  {kind}: {number:.2f}")
    return lines


def measure_handshakes(options, directory):
    """All at the same time, full and resumed."""
    kinds = ("ours", "ours-no-log", "nginx", "nginx-log")
    figures = {resumed: {kind: [] for kind in kinds} for resumed in (False, True)}
    for number in range(options.rounds):
        with running(rotated(kinds, number), directory, setup="tls") as started:
            for resumed in (False, True):
                measured = at_once(started, lambda peer, resumed=resumed: secure.handshakes(peer, options.seconds, resumed)[0])
                for kind, figure in measured.items():
                    figures[resumed][kind].append({"cpu": figure})
        progress(f"  round {number + 1}: " + ", ".join(f"{kind} {figure:.0f} us" for kind, figure in measured.items()) + " (resumed)")
    return handshake_table(figures, [("ours-no-log", "nginx"), ("ours", "nginx-log"), ("ours", "nginx")])


def handshake_table(figures, pairs):
    kinds = list(figures[False])
    lines = ["| handshake | " + " | ".join([f"{kind} us" for kind in kinds] + [f"{who} / {other}" for who, other in pairs]) + " |",
             "|---" * (1 + len(kinds) + len(pairs)) + "|"]
    for resumed, measured in figures.items():
        cells = [spread([r["cpu"] for r in measured[kind]], 0) for kind in kinds]
        cells += [ratio_cell({"nginx": HANDSHAKE_TARGET}, measured, *pair) for pair in pairs]
        lines.append(f"| {'resumed' if resumed else 'full'} | " + " | ".join(cells) + " |")
    return lines


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def commit():
    if shutil.which("git") is None or not (peers.ROOT / ".git").exists():
        return "unknown"
    return first_line("git", "-C", str(peers.ROOT), "describe", "--always", "--dirty")


def machine():
    cpu = next(line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    return [f"- machine: {cpu}, {os.cpu_count()} cores, Linux {os.uname().release}",
            f"- ours: {first_line(os.environ['DRISHTI'], '-v')}, commit {commit()}",
            f"- nginx: {first_line(peers.command_of('nginx'), '-v')}", f"- haproxy: {first_line(peers.command_of('haproxy'), '-v')}",
            f"- load average at the start: {os.getloadavg()[0]:.1f}",
            f"- command: bench/run {' '.join(sys.argv[1:])}".rstrip()]


def configuration_section(configurations):
    lines, seen = ["", "## Configuration files", ""], set()
    for (name, setup), files in configurations.items():
        for file, text in files.items():
            if (file, text) not in seen:
                lines += [f"{name} ({setup}): {file}", "", "```", text.rstrip(), "```", ""]
            seen.add((file, text))
    return lines


def main():
    options = parse_arguments()
    load.allow_many_files()
    lines = [f"# Benchmark {datetime.date.today()}: {options.name}", "", *machine(), ""]
    results, configurations, extra = {}, {}, []
    with tempfile.TemporaryDirectory(prefix="drishti-bench-") as directory:
        os.chmod(directory, 0o755)
        backends = peers.start_backends()
        if "redis-hit" in options.rows:
            backends.append(peers.start_redis(directory))
        try:
            for name in options.rows:
                progress(ROWS[name].title if name in ROWS else EXTRA[name])
                if name in ROWS:
                    results[name] = measure_row(ROWS[name], options, directory, configurations)
                else:
                    measure = {"idle": measure_idle, "syscalls": measure_system_calls, "allocations": measure_allocations,
                               "handshakes": measure_handshakes, "idle-tls": measure_idle_tls}[name]
                    extra += ["", f"## {EXTRA[name][0].upper()}{EXTRA[name][1:]}", "", *measure(options, directory)]
        finally:
            for backend in backends:
                peers.stop(backend)
    if results:
        lines += ["## Ratios of CPU time per request: median (lowest-highest)", "", *ratio_table(results), "",
                  "## Absolute figures: median (lowest-highest)", "", *absolute_table(results)]
    lines += extra
    print("\n".join(lines))
    if not options.no_save:
        file = peers.ROOT / "bench" / "results" / f"{datetime.date.today()}-{options.name}.md"
        file.write_text("\n".join(lines + configuration_section(configurations)).rstrip() + "\n")
        progress(f"kept in {file.relative_to(peers.ROOT)}")


if __name__ == "__main__":
    try:
        main()
    except load.WrongAnswer as wrong:
        raise SystemExit(f"bench: wrong answer: {wrong}") from wrong
