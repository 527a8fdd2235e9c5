#!/usr/bin/env python3
"""Load goes up and down over servers of known capacity; servers are added and taken away as GET /scaling advises."""

import argparse
import datetime
import json
import math
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import plot

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "bench" / "results"

SLOTS, SERVICE_MS = 4, 80
CAPACITY = SLOTS * 1000 / SERVICE_MS  # requests a second of one server: 50

DELAY = 12 + 8  # seconds that scaling in comes late on purpose: stable_window and scale_in_delay below

CONFIG = """worker_processes 1;
daemon off;
pid {directory}/pid;
error_log {directory}/error.log notice;
events {{ }}
http {{
    access_log off;
    scaling {{
        stable_window 12s;         # the defaults are 60s, 6s, 5m and 10m: a real day is longer than this run
        panic_window 3s;
        scale_in_delay 8s;
        service_time_window 60s;
    }}
    upstream api {{
        least_conn;
{servers}
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://api; }}
        location = /scaling {{ scaling_status; }}
    }}
}}
"""


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


class Proxy:
    def __init__(self, directory, port, servers):
        self.directory, self.port, self.servers, self.present = directory, port, servers, 1
        self.write()
        self.process = subprocess.Popen([os.environ["DRISHTI"], "-c", f"{directory}/drishti.conf"])
        wait_for(port)

    def write(self):
        lines = "\n".join(f"        server 127.0.0.1:{port} max_fails=0;" for port in self.servers[:self.present])
        text = CONFIG.format(directory=self.directory, port=self.port, servers=lines)
        pathlib.Path(self.directory, "drishti.conf").write_text(text)

    def advice(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/scaling", timeout=5) as answer:
            return json.load(answer)["upstreams"]["api"]

    def follow(self, required):
        """What an autoscaler does."""
        wanted = max(1, min(required, len(self.servers)))
        if wanted != self.present:
            self.present = wanted
            self.write()
            self.process.send_signal(signal.SIGHUP)


class Load:
    def __init__(self, port):
        self.process = subprocess.Popen(["node", str(HERE / "load.js"), f"http://127.0.0.1:{port}/"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        self.figures = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.figures.append(json.loads(line))

    def rate(self, value):
        self.process.stdin.write(f"{value}\n")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.reader.join(timeout=5)


def wave(at, half, least, most):
    """Load in servers: up to MOST, down again."""
    share = 1 - abs(at - half) / half
    return least + (most - least) * max(0.0, share)


def sweep(options, proxy, load):
    rows, begun = [], time.monotonic()
    for second in range(2 * options.half + options.tail):
        demand = wave(second, options.half, 0.3, options.most)
        load.rate(demand * CAPACITY)
        time.sleep(max(0.0, begun + second + 1 - time.monotonic()))
        advice = proxy.advice()
        rows.append({"at": second, "load": demand, "knee": max(1, math.ceil(demand)), "required": advice["required_replicas"],
                     "present": proxy.present, "learned": advice["capacity_learned"], "capacity": advice["peer_capacity"],
                     "unloaded": advice["unloaded_service_seconds"], "reason": advice["reason"]})
        proxy.follow(advice["required_replicas"])
    return rows


def turns(values):
    """How often the direction changes: 1 for up and then down."""
    steps = [b - a for a, b in zip(values, values[1:]) if a != b]
    return sum(1 for a, b in zip(steps, steps[1:]) if (a > 0) != (b > 0))


def changes_text(rows):
    """`at 23 s 2, at 61 s 3`"""
    changes = [b for a, b in zip(rows, rows[1:]) if a["required"] != b["required"]]
    return ", ".join(f"at {row['at']} s {row['required']} (load {row['load']:.2f})" for row in changes)


def far_away(rows):
    """Seconds more than one server from the knee; scaling in is held against the greatest knee of the DELAY before."""
    def is_far(i):
        least, most = rows[i]["knee"], max(row["knee"] for row in rows[max(0, i - DELAY):i + 1])
        return not least - 1 <= rows[i]["required"] <= most + 1
    return sum(1 for i in range(len(rows)) if is_far(i))


def judge(rows, figures):
    learned = [row for row in rows if row["learned"]]
    required = [row["required"] for row in rows]
    latencies = sorted(latency for second in figures for latency in second["latencies"])
    changes = sum(1 for a, b in zip(required, required[1:]) if a != b)
    return {
        "seconds": len(rows),
        "seconds more than one server from the knee": sum(1 for row in rows if abs(row["required"] - row["knee"]) > 1),
        "the same, with the delay of scaling in": far_away(rows),
        "seconds with fewer servers than the knee": sum(1 for row in rows if row["present"] < row["knee"]),
        "changes of the advice": changes,
        "changes of direction": turns(required),
        "advice by time": changes_text(rows),
        "most servers at once": max(row["present"] for row in rows),
        "capacity of a server, requests/s": CAPACITY,
        "capacity learned, last": round(rows[-1]["capacity"], 1),
        "learned after, s": learned[0]["at"] if learned else None,
        "unloaded service time, ms": round(1000 * rows[-1]["unloaded"], 1),
        "requests": sum(second["sent"] for second in figures),
        "failed": sum(second["failed"] for second in figures),
        "latency p50, ms": latencies[len(latencies) // 2],
        "latency p99, ms": latencies[len(latencies) * 99 // 100],
    }


def report(name, options, rows, verdict, passed):
    date = datetime.date.today().isoformat()
    plot.draw(RESULTS / f"{date}-{name}.svg", rows)
    table = "\n".join(f"| {key} | {value} |" for key, value in verdict.items())
    text = f"""# Benchmark {date}: scaling advice

`bench/scaling/run --half {options.half} --most {options.most}`: {SLOTS} requests at once for {SERVICE_MS} ms each make {CAPACITY:g} requests/s a
server. Random load (Poisson) rises from 0.3 to {options.most:g} servers' worth in {options.half} s and falls again in {options.half} s; the run
begins with one server and no knowledge, and adds and removes servers as `GET /scaling` says, by reload. The knee is the
smallest number of servers that can carry the load at all; the advice aims at 80 % utilization, so that it is at the knee or
one above it. Scaling in comes late on purpose, by the stable window and its delay ({DELAY} s), which is held against the knee
of that time. Windows are shortened (stable 12 s, panic 3 s, delay of scaling in 8 s).

![load, required and present servers]({date}-{name}.svg)

| figure | value |
|---|---|
{table}

{"Within one server of the knee, and up and down once: ok." if passed else "NOT within the bounds."}
"""
    (RESULTS / f"{date}-{name}.md").write_text(text)


def options_of_command_line():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", type=int, default=150, help="seconds up, and as many down (150)")
    parser.add_argument("--tail", type=int, default=20, help="seconds of low load at the end (20)")
    parser.add_argument("--most", type=float, default=4, help="load at the top, in servers (4)")
    parser.add_argument("--name", default="scaling", help="of the files in bench/results (scaling)")
    parser.add_argument("--no-save", action="store_true", help="write no files")
    return parser.parse_args()


def main():
    options = options_of_command_line()
    port, *servers = free_ports(9)
    backends = subprocess.Popen(["node", str(HERE / "servers.js"), str(SLOTS), str(SERVICE_MS), *map(str, servers)])
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        wait_for(servers[-1])
        proxy = Proxy(directory, port, servers)
        load = Load(port)
        try:
            rows = sweep(options, proxy, load)
        finally:
            load.stop()
            for process in (proxy.process, backends):
                process.terminate()
                process.wait(timeout=10)
    verdict = judge(rows, load.figures)
    passed = (verdict["the same, with the delay of scaling in"] == 0 and verdict["changes of direction"] <= 1
              and verdict["failed"] == 0)
    for key, value in verdict.items():
        print(f"{key}: {value}")
    if not options.no_save:
        report(options.name, options, rows, verdict, passed)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
