// Reads every two seconds and shows it.

import { draw } from "./charts.js";
import { Refused, hit_ratio, rates, read_all, remember_token } from "./data.js";
import { show_scaling } from "./scaling.js";
import { by_id, milliseconds, percent, set_text, show_caches, show_config, show_upstreams } from "./view.js";

const pause = 2000;  // milliseconds
const span = 300;    // seconds of history

let before = null;
let points = [];

function show_traffic(traffic) {
  const now = before === null ? null : rates(before, traffic);
  before = traffic;
  set_text(by_id("connections"), String(traffic.connections.active));
  if (now === null) return;
  set_text(by_id("rate"), now.requests.toFixed(now.requests < 10 ? 1 : 0));
  for (const name of ["p50", "p95", "p99"]) set_text(by_id(name), milliseconds(now[name]));
  set_text(by_id("errors"), percent(now.errors));
  points = [...points.filter(({ at }) => traffic.now - at <= span), { at: traffic.now, value: now.requests }];
  draw(by_id("rate-chart"), `${now.requests.toFixed(1)} requests per second now`, [{ class: "first", points }], traffic.now, span);
}

function show(readings) {
  show_traffic(readings.traffic);
  set_text(by_id("hit-ratio"), percent(hit_ratio(readings.caches)));
  show_scaling(readings.scaling, readings.traffic.now, span);
  show_upstreams(readings.upstreams);
  show_caches(readings.caches, hit_ratio);
  show_config(readings.config);
  set_text(by_id("status"), "Live, every two seconds");
}

async function turn() {
  try {
    show(await read_all());
    by_id("access").hidden = true;
    document.body.dataset.state = "live";
  } catch (error) {
    by_id("access").hidden = !(error instanceof Refused);
    set_text(by_id("status"), `No figures: ${error.message}`);
    document.body.dataset.state = "stale";
  }
  setTimeout(turn, pause);
}

by_id("access").addEventListener("submit", (event) => {
  event.preventDefault();
  remember_token(by_id("token").value);
  by_id("token").value = "";
});

turn();
