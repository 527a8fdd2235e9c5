#!/usr/bin/env node
// WebSocket and Server-Sent Events with the clients that people use: `ws` and `eventsource` from npm, and Chromium where it
// is installed. DRISHTI names the program. Exit code 77: the packages cannot be had.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Chromium, eventually, free_port, is_installed, patience } from "./chromium.mjs";

const here = dirname(fileURLToPath(import.meta.url));

let modules;
try {
  modules = execFileSync(join(here, "npm_packages"), { encoding: "utf8", timeout: 120_000 }).trim();
} catch {
  console.log("SKIPPED: npm could not install ws and eventsource");
  process.exit(77);
}
const require = createRequire(join(modules, "x.js"));
const WebSocket = require("ws"), EventSource = require("eventsource");

const folder = mkdtempSync(join(tmpdir(), "drishti_streaming_"));
const children = [];

/// Ends with what the listener of EVENT gets.
const next = (emitter, event) => new Promise((resolve, reject) => {
  const late = setTimeout(() => reject(new Error(`no ${event}`)), patience);
  emitter.once(event, (...values) => { clearTimeout(late); resolve(values); });
});

function listen(server) {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

function start(program, args) {
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  children.push(child);
  return child;
}

// ---- the server: echoes frames, and sends an event for each that it is told to ----

const page = `<!doctype html><title>streams</title><script>
  window.seen = [];
  const socket = new WebSocket("ws://" + location.host + "/echo");
  socket.onopen = () => socket.send("from the browser");
  socket.onmessage = (message) => seen.push("socket: " + message.data);
  new EventSource("/events").onmessage = (event) => seen.push("event: " + event.data);
</script>`;

const listeners = new Set();
const backend = http.createServer((request, response) => {
  if (request.url !== "/events") return response.writeHead(200, { "Content-Type": "text/html" }).end(page);
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  response.flushHeaders();
  listeners.add(response);
  request.on("close", () => listeners.delete(response));
});
const tell = (text) => { for (const response of listeners) response.write(`data: ${text}\n\n`); };
const sockets = new WebSocket.Server({ server: backend, perMessageDeflate: true });
sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));

const backend_port = await listen(backend), port = await free_port(), configured_port = await free_port();
writeFileSync(join(folder, "nginx.conf"), `daemon off; pid ${folder}/pid; error_log ${folder}/error.log info;
events {}
http {
  access_log off;
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${backend_port}; } }
  server { listen 127.0.0.1:${configured_port}; location / { proxy_pass http://127.0.0.1:${backend_port};
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } }
}
`);

// ---- what is shown ----

async function web_sockets(at) {
  const socket = new WebSocket(`ws://127.0.0.1:${at}/echo`);
  await next(socket, "open");
  assert.match(socket.extensions, /permessage-deflate/);
  for (const message of ["hello", "x".repeat(1 << 20), "\u{1f680}"]) {
    socket.send(message);
    const [data] = await next(socket, "message");
    assert.equal(data.toString(), message);
  }
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
  socket.send(bytes);
  const [data, binary] = await next(socket, "message");
  assert.ok(binary && bytes.equals(data));
  const pong = next(socket, "pong");
  socket.ping("are you there");
  assert.equal((await pong)[0].toString(), "are you there");
  return socket;
}

async function closing(socket) {
  const closed = next(socket, "close");
  socket.close(4001, "done");
  const [code, reason] = await closed;
  assert.deepEqual([code, reason.toString()], [4001, "done"]);
}

async function events() {
  const source = new EventSource(`http://127.0.0.1:${port}/events`);
  const got = [];
  source.onmessage = (event) => got.push(event.data);
  await eventually("the server hears of the listener", () => listeners.size > 0);
  for (const text of ["one", "two", "three"]) {
    tell(text);
    await eventually(`the event ${text} arrives before the next is sent`, () => got.at(-1) === text);
  }
  assert.deepEqual(got, ["one", "two", "three"]);
  source.close();
}

/// Both from a page in a real browser.
async function in_chromium() {
  if (!is_installed) return console.log("SKIPPED: Chromium is not installed");
  const browser = await Chromium.open(folder);
  await browser.go(`http://127.0.0.1:${port}/`);
  const seen = () => browser.script("return window.seen");
  await eventually("the socket's echo", async () => (await seen()).includes("socket: from the browser"));
  for (const text of ["four", "five"]) {
    await eventually("the page listens", () => listeners.size > 0);
    tell(text);
    await eventually(`the event ${text}`, async () => (await seen()).at(-1) === `event: ${text}`);
  }
  await browser.close();
}

try {
  const proxy = start(process.env.DRISHTI, ["-c", join(folder, "nginx.conf")]);
  await eventually("the proxy answers", async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
  const lasting = await web_sockets(port);
  await closing(await web_sockets(configured_port));
  proxy.kill("SIGHUP");
  await closing(await web_sockets(port));
  lasting.send("after a reload");
  assert.equal((await next(lasting, "message"))[0].toString(), "after a reload");
  await closing(lasting);
  await events();
  await in_chromium();
  const ended = next(proxy, "exit");
  proxy.kill("SIGTERM");
  assert.equal((await ended)[0], 0);
  console.log("passed");
} finally {
  for (const child of children) child.kill("SIGKILL");
  sockets.close();
  backend.closeAllConnections();
  backend.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
