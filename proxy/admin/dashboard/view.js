// Puts readings into the page. Names of peers and upstreams are anybody's: they go in as text, never as markup. What is
// there stays there and only its text changes, so that focus and what was opened are kept.

export const by_id = (id) => document.getElementById(id);

export function set_text(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export const milliseconds = (seconds) => {
  if (seconds === null) return "–";
  const ms = seconds * 1000;
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(1)} ms`;
};
export const percent = (ratio) => (ratio === null ? "–" : `${(ratio * 100).toFixed(1)} %`);
const clock = (seconds) => (seconds === null ? "never" : new Date(seconds * 1000).toLocaleTimeString());
const bytes = (count) => {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  for (; count >= 1024 && unit + 1 < units.length; ++unit) count /= 1024;
  return `${count.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
};

// The children of HOLDER, one for each of ITEMS in their order; made by MAKE, brought up to date by UPDATE.
export function keyed(holder, items, key, make, update, empty) {
  const known = holder.drishti_nodes ?? new Map();
  const wanted = new Map();
  for (const item of items) {
    const name = key(item);
    const node = known.get(name) ?? make(item);
    update(node, item);
    wanted.set(name, node);
  }
  const nodes = [...wanted.values()];
  if (nodes.length === 0 && empty) nodes.push(element("p", {}, empty));
  const is_same = holder.children.length === nodes.length && nodes.every((node, i) => node === holder.children[i]);
  if (!is_same) holder.replaceChildren(...nodes);
  holder.drishti_nodes = wanted;
}

const columns = ["Server", "State", "Weight", "In progress", "Requests", "Errors", "Last check", "History"];

function make_table(caption, names) {
  const heading = element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name)));
  return element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    element("table", { "aria-label": caption }, element("thead", {}, heading), element("tbody")));
}

function make_row(names) {
  const cells = names.slice(1).map((name) => element("td", { "data-label": name }));
  return element("tr", {}, element("th", { scope: "row" }), ...cells);
}

function last_check(peer) {
  const check = peer.checks[peer.checks.length - 1];
  if (!check) return "none configured";
  if (check.passed === null) return "not yet";
  return `${check.passed ? "passed" : "failed"} at ${clock(check.at)}: ${check.reason} (${check.took_ms} ms)`;
}

const history_line = (change) => `${clock(change.at)}: ${change.from} → ${change.to} (${change.cause})`;

function update_history(cell, peer) {
  if (!cell.firstChild) {
    const name = `History of ${peer.address}`;
    cell.append(element("details", {}, element("summary", { "aria-label": name }), element("ol")));
  }
  const details = cell.firstChild;
  set_text(details.firstChild, `${peer.history.length} changes`);
  keyed(details.lastChild, [...peer.history].reverse(), (change) => JSON.stringify(change),
    () => element("li"), (node, change) => set_text(node, history_line(change)));
}

function update_peer(row, peer) {
  const name = peer.server === peer.address ? peer.address : `${peer.address} (${peer.server})`;
  const marks = (peer.backup ? ", backup" : "") + (peer.added_at_run_time ? ", added" : "");
  const texts = [name + marks, peer.state.replace("_", " "), peer.weight, peer.active, peer.requests,
    `${peer.responses["5xx"]} × 5xx, ${peer.failures} failed`, last_check(peer)];
  texts.forEach((text, i) => {
    const holder = i === 1 ? (row.cells[1].firstChild ?? row.cells[1].appendChild(element("span"))) : row.cells[i];
    set_text(holder, String(text));
  });
  row.cells[1].firstChild.className = `state ${peer.state}`;
  update_history(row.cells[7], peer);
}

function make_upstream(upstream) {
  const title = element("h3", {}, upstream.name);
  return element("div", { class: "upstream" }, title, element("p"), make_table(`Servers of ${upstream.name}`, columns));
}

function update_upstream(node, upstream) {
  const usable = upstream.peers.filter(({ state }) => state === "healthy" || state === "slow_start").length;
  set_text(node.children[1], `${usable} of ${upstream.peers.length} servers in use, ${upstream.method}, ${upstream.active ?? 0} requests in progress`);
  node.children[1].className = usable === 0 ? "trouble" : "";
  const seen = new Map();  // an address that is listed twice is two peers
  const peers = upstream.peers.map((peer) => {
    const occurrence = (seen.get(peer.address) ?? 0) + 1;
    seen.set(peer.address, occurrence);
    return { ...peer, key: `${peer.address}#${occurrence}` };
  });
  keyed(node.querySelector("tbody"), peers, ({ key }) => key, () => make_row(columns), update_peer);
}

export function show_upstreams(upstreams) {
  keyed(by_id("upstream-list"), upstreams, ({ name }) => name, make_upstream, update_upstream, "No upstreams");
}

const cache_columns = ["Zone", "Kept in", "Responses", "Memory", "Hit ratio", "Redis"];

const redis_state = (redis) => (redis === null ? "none" :
  `${redis.workers_connected} of ${redis.workers} workers connected, ${redis.errors} errors`);

export function show_caches(caches, ratio_of) {
  const holder = by_id("cache-list");
  if (caches.length === 0) return holder.replaceChildren(element("p", {}, "No caches"));
  if (!holder.querySelector("table")) holder.replaceChildren(make_table("Caches", cache_columns));
  keyed(holder.querySelector("tbody"), caches, ({ name }) => name, () => make_row(cache_columns), (row, zone) => {
    const texts = [zone.name, zone.place, zone.entries, `${bytes(zone.memory_bytes)} of ${bytes(zone.memory_limit)}`, percent(ratio_of([zone])), redis_state(zone.redis)];
    texts.forEach((text, i) => set_text(row.cells[i], String(text)));
  });
}

export function show_config(config) {
  const reload = config.last_reload_succeeded ? "" : ` The last reload failed: ${config.last_error}`;
  set_text(by_id("config"), `${config.file}, generation ${config.generation}, hash ${config.hash}, in force since ${clock(config.applied)}.${reload}`);
  by_id("config").className = config.last_reload_succeeded ? "" : "trouble";
}
