#!/usr/bin/env node
// The dashboard in a real Chromium, by plain WebDriver calls: what it shows, that it escapes everything, that a keyboard
// and a screen reader get along with it, on a desktop and on a phone, light and dark. DRISHTI names the program.
// With SCREENSHOTS=FOLDER pictures are written there. Exit code 77: no browser is installed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const patience = 60_000;  // milliseconds; for a machine that is busy with other things
const token = "a-token-of-the-dashboard-test";
const hostile = '<img src=x onerror="window.hacked=1">';
const element_key = "element-6066-11e4-a52e-4f735466cecf";

const find_program = (name) => process.env.PATH.split(":").map((folder) => join(folder, name)).find((path) => {
  try { accessSync(path, constants.X_OK); return true; } catch { return false; }
});
const chromium = find_program("chromium"), driver_program = find_program("chromedriver");
if (!chromium || !driver_program) {
  console.log("SKIPPED: chromium and chromedriver are not installed (deploy/install-packages test)");
  process.exit(77);
}

const folder = mkdtempSync(join(tmpdir(), "drishti_dashboard_"));
const children = [];
const servers = [];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function eventually(what, holds) {
  const end = Date.now() + patience;
  let last;
  do {
    try {
      last = await holds();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  } while (Date.now() < end);
  throw new Error(`never: ${what} (${last instanceof Error ? last.message : JSON.stringify(last)})`);
}

function free_port() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function start(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  children.push(child);
  return child;
}

async function backend(health_status) {
  const server = http.createServer((request, response) => {
    const is_check = request.url === "/health";
    response.writeHead(is_check ? health_status : 200, { "Content-Type": "text/plain", "Cache-Control": "max-age=60" });
    setTimeout(() => response.end("hello\n"), 5);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return `127.0.0.1:${server.address().port}`;
}

// ---- WebDriver (W3C) ----

let driver, session;

async function webdriver(method, path, body) {
  const answer = await fetch(`${driver}${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
  return value;
}
const browser = (method, path, body) => webdriver(method, `/session/${session}${path}`, body);
const script = (text, ...args) => browser("POST", "/execute/sync", { script: text, args });
const devtools = (cmd, params) => browser("POST", "/goog/cdp/execute", { cmd, params });
const find = async (css) => (await browser("POST", "/element", { using: "css selector", value: css }))[element_key];
const text_of = (css) => script("return document.querySelector(arguments[0])?.innerText ?? ''", css);
const label_of = async (css) => browser("GET", `/element/${await find(css)}/computedlabel`);
const press = (key) => browser("POST", "/actions", { actions: [{ type: "key", id: "keys",
  actions: [{ type: "keyDown", value: key }, { type: "keyUp", value: key }] }] });
const focused = () => script("const at = document.activeElement; return at.id || at.className || at.getAttribute('aria-label') || at.tagName");

async function open_browser() {
  const port = await free_port();
  driver = `http://127.0.0.1:${port}`;
  start(driver_program, [`--port=${port}`, "--log-level=SEVERE"]);
  await eventually("chromedriver answers", async () => (await webdriver("GET", "/status")).ready);
  const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    `--user-data-dir=${join(folder, "profile")}`, "--window-size=1200,900"];
  const capabilities = { alwaysMatch: { "goog:chromeOptions": { binary: chromium, args }, "goog:loggingPrefs": { browser: "ALL" } } };
  session = (await webdriver("POST", "/session", { capabilities })).sessionId;
}

async function picture(name) {
  if (!process.env.SCREENSHOTS) return;
  const image = await devtools("Page.captureScreenshot", { format: "png", captureBeyondViewport: false });
  writeFileSync(join(process.env.SCREENSHOTS, `${name}.png`), Buffer.from(image.data, "base64"));
}

// ---- the proxy ----

const well = await backend(200), sick = await backend(503);
const port = await free_port(), admin_port = await free_port(), guarded_port = await free_port();

async function start_proxy(name, admin_listen, listen_port, more = "") {
  const base = join(folder, name);
  writeFileSync(`${base}.token`, `${token}\n`);
  writeFileSync(`${base}.conf`, `daemon off; pid ${base}.pid; error_log ${base}.log info;
admin_listen ${admin_listen}; admin_token_file ${base}.token;
events {}
http {
  access_log off;
  proxy_cache_path memory keys_zone=pages:8m;
  upstream api { server ${well}; server ${sick}; }
  ${more}
  server { listen 127.0.0.1:${listen_port};
    location / { proxy_pass http://api; proxy_cache pages; health_check uri=/health interval=1s; } }
}
`);
  start(process.env.DRISHTI, ["-c", `${base}.conf`]);
  const answers = (at) => fetch(`http://127.0.0.1:${at}/`).then((answer) => answer.ok);
  await eventually(`${name} answers`, () => answers(listen_port));
}

async function change(word, body) {
  const answer = await fetch(`http://127.0.0.1:${admin_port}/api/1/upstreams/api/${word}`, { method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

let has_traffic = true;
async function traffic() {
  for (let i = 0; has_traffic; ++i) {
    await fetch(`http://127.0.0.1:${port}/${i % 40}`).then((answer) => answer.text()).catch(() => {});
    await sleep(15);
  }
}

const row = (address) => script(`for (const row of document.querySelectorAll("tbody tr"))
  if (row.cells[0].innerText.startsWith(arguments[0])) return row.innerText; return ""`, address);

async function shows_what_happens() {
  await browser("POST", "/url", { url: `http://127.0.0.1:${admin_port}/` });
  await eventually("the page is live", () => script("return document.body.dataset.state === 'live'"));
  await eventually("requests per second", async () => Number(await text_of("#rate")) > 0);
  for (const id of ["#p50", "#p95", "#p99"]) await eventually(`latency ${id}`, async () => /^[\d.]+ m?s$/.test(await text_of(id)));
  await eventually("the sick server is unhealthy", async () => (await row(sick)).includes("unhealthy"));
  assert.match(await row(sick), /failed at .*: status 503/);
  await eventually("the last check passed", async () => /healthy[\s\S]*passed at .*: status 200/.test(await row(well)));
  assert.match(await text_of("#cache-list"), /pages[\s\S]*memory/);
  await eventually("cache hit ratio", async () => /^[\d.]+ %$/.test(await text_of("#hit-ratio")));
  assert.match(await text_of("#config"), /generation 1/);
  assert.notEqual(await text_of("#advice"), "");
}

async function follows_changes() {
  await change("drain", { server: well });
  await eventually("draining is shown", async () => (await row(well)).includes("draining"));
  await change("enable", { server: well });
  await eventually("enabling is shown", async () => (await row(well)).includes("healthy"));
}

async function escapes_names() {
  await eventually("the upstream is there", async () => (await text_of("#upstream-list")).includes(hostile));
  const titles = await script("return [...document.querySelectorAll('h3')].map((title) => title.textContent)");
  assert.ok(titles.includes(hostile), `${titles}`);
  assert.equal(await script("return document.querySelectorAll('main img, main script').length"), 0);
  assert.equal(await script("return window.hacked ?? null"), null);
}

async function works_by_keyboard() {
  await script("document.activeElement.blur(); window.getSelection().removeAllRanges()");
  const stops = [];
  for (let i = 0; i < 6; ++i) {
    await press("\uE004");  // Tab
    stops.push(await focused());
  }
  assert.ok(stops.includes("skip"), `${stops}`);
  assert.ok(stops.some((stop) => stop.includes("scroll") || stop.includes("Servers of")), `${stops}`);
  const summary = "summary[aria-label='History of " + well + "']";
  await script("document.querySelector(arguments[0]).focus()", summary);
  await press("\uE007");  // Enter
  await eventually("the history opens", () => script("return document.querySelector(arguments[0]).parentNode.open", summary));
  assert.match(await script("return document.querySelector(arguments[0]).parentNode.innerText", summary), /healthy → draining \(administrator\)/);
  const before = await text_of("#connections") + await row(well);
  await eventually("figures move on", async () => await text_of("#connections") + await row(well) !== before);
  assert.ok(await script("const it = document.querySelector(arguments[0]); return it.parentNode.open && it === document.activeElement", summary),
    "what was opened stays open and focused");
}

async function has_names() {
  assert.match(await label_of("#rate-chart svg"), /requests per second now/);
  assert.equal(await label_of("#upstream-list table"), "Servers of api");
  assert.equal(await script(`return [...document.querySelectorAll("table, svg, input, [tabindex='0']")].filter((node) =>
    !node.getAttribute("aria-label") && !(node.labels?.length)).map((node) => node.outerHTML.slice(0, 80)).join(" ")`), "");
  assert.equal(await script("return document.documentElement.lang + ' ' + document.title"), "en Drishti");
}

const contrast = `const rgb = (text) => text.match(/\\d+/g).slice(0, 3).map(Number);
const light = (c) => { const [r, g, b] = rgb(c).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const node = document.querySelector(arguments[0]);
const [one, two] = [light(getComputedStyle(node).color), light(getComputedStyle(node.closest("section")).backgroundColor)].sort((a, b) => b - a);
return (one + 0.05) / (two + 0.05);`;

// The charts have the width of the page as it is now.
async function redrawn() {
  await script("document.activeElement.blur(); window.scrollTo(0, 0)");
  await eventually("the chart is redrawn", () => script(`const holder = document.getElementById("rate-chart");
    return holder.firstChild.viewBox.baseVal.width === Math.max(200, holder.clientWidth)`));
}

async function reads_well(scheme) {
  await devtools("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  for (const css of ["#rate", "dt", ".state.healthy", ".state.unhealthy", "thead th"])
    assert.ok(await script(contrast, css) >= 4.5, `${scheme}: contrast of ${css} is ${await script(contrast, css)}`);
  await devtools("Emulation.setDeviceMetricsOverride", { width: 1200, height: 1250, deviceScaleFactor: 1, mobile: false });
  await redrawn();
  await picture(`dashboard-${scheme}`);
  await devtools("Emulation.clearDeviceMetricsOverride", {});
}

async function fits_a_phone() {
  await devtools("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "light" }] });
  await devtools("Emulation.setDeviceMetricsOverride", { width: 390, height: 844, deviceScaleFactor: 2, mobile: true });
  await eventually("nothing sticks out", () => script("return document.documentElement.scrollWidth <= window.innerWidth"));
  await redrawn();
  await picture("dashboard-phone");
  await devtools("Emulation.clearDeviceMetricsOverride", {});
}

async function asks_for_the_token() {
  await browser("POST", "/url", { url: `http://127.0.0.1:${guarded_port}/` });
  await eventually("the form is there", () => script("return !document.getElementById('access').hidden"));
  assert.match(await label_of("#token"), /Token of this proxy/);
  await browser("POST", `/element/${await find("#token")}/value`, { text: token + "\uE007" });
  await eventually("the page is live", () => script("return document.body.dataset.state === 'live'"));
  assert.ok(await script("return document.getElementById('access').hidden"));
}

// A violation of the Content-Security-Policy would be among them.
async function logged_no_errors(expected) {
  const errors = (await browser("POST", "/se/log", { type: "browser" }))
    .filter(({ level, message }) => level === "SEVERE" && !(expected && expected.test(message)));
  assert.deepEqual(errors, []);
}

try {
  await start_proxy("open", `127.0.0.1:${admin_port}`, port);
  await start_proxy("guarded", `*:${guarded_port}`, await free_port(), `upstream '${hostile}' { server 127.0.0.1:9; }`);
  const load = traffic();
  await open_browser();
  await shows_what_happens();
  await follows_changes();
  await works_by_keyboard();
  await has_names();
  await reads_well("light");
  await reads_well("dark");
  await fits_a_phone();
  await logged_no_errors();
  await asks_for_the_token();
  await escapes_names();
  await logged_no_errors(/status of 401/);
  has_traffic = false;
  await load;
  console.log("the dashboard works in Chromium");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  has_traffic = false;
  if (session) await browser("DELETE", "").catch(() => {});
  for (const child of children) child.kill("SIGTERM");
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((resolve) => child.once("exit", resolve))));
  for (const server of servers) { server.closeAllConnections(); server.close(); }
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
