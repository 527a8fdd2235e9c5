#!/usr/bin/env node
// A page over HTTP/2 and TLS in a real Chromium: documents, files, answers of an upstream, an upload, a WebSocket, an
// EventSource, and connections that are used for several names. DRISHTI names the program. Exit code 77: no browser, or
// the package `ws` cannot be had.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Chromium, eventually, free_port, is_installed } from "./chromium.mjs";

const here = dirname(fileURLToPath(import.meta.url));

function skip(why) {
  console.log(`SKIPPED: ${why}`);
  process.exit(77);
}
if (!is_installed) skip("chromium and chromedriver are not installed (deploy/install-packages test)");
let modules;
try {
  modules = execFileSync(join(here, "npm_packages"), { encoding: "utf8", timeout: 120_000 }).trim();
} catch {
  skip("npm could not install ws");
}
const WebSocket = createRequire(join(modules, "x.js"))("ws");

const folder = mkdtempSync(join(tmpdir(), "drishti_http2_browser_"));
chmodSync(folder, 0o755);  // workers of a proxy that root started read its files
const calls = 40, upload_size = 3_000_000;

// ---- the page, in files and at an upstream ----

const script = `
  window.seen = { answers: [], events: [], messages: [], binary: [] };
  const call = async (i) => { seen.answers[i] = await (await fetch("/api/" + i)).text(); };
  for (let i = 0; i < ${calls}; ++i) call(i);
  const body = new Uint8Array(${upload_size}).map((_, i) => i % 251);
  fetch("/api/upload", { method: "POST", body }).then((answer) => answer.text()).then((text) => { seen.upload = text; });
  const socket = new WebSocket("wss://" + location.host + "/api/echo");
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { socket.send("from the browser"); socket.send(body.slice(0, 200_000)); };
  socket.onmessage = ({ data }) => typeof data === "string" ? seen.messages.push(data) : seen.binary.push(data.byteLength);
  socket.onclose = ({ code, reason }) => { seen.closed = code + " " + reason; };
  window.hang_up = () => socket.close(4001, "done");
  const source = new EventSource("/api/events");
  source.onmessage = ({ data }) => seen.events.push(data);
`;
const files = {
  "index.html": `<!doctype html><title>h2</title><link rel="stylesheet" href="style.css"><link rel="icon" href="data:,">
    <img src="picture.svg" alt=""><img src="/api/picture.svg" alt=""><script src="script.js"></script>`,
  "style.css": "body { color: rgb(1, 2, 3) }",
  "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="21" height="9"><rect width="21" height="9"/></svg>',
  "script.js": `${script}//${"x".repeat(300_000)}`,
};

const listeners = new Set();
const tell = (text) => { for (const response of listeners) response.write(`data: ${text}\n\n`); };

async function digest_of(request) {
  const hash = createHash("sha256");
  for await (const piece of request) hash.update(piece);
  return hash.digest("hex");
}

const backend = http.createServer(async (request, response) => {
  if (request.url === "/api/events") {
    response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    listeners.add(response);
    return request.on("close", () => listeners.delete(response));
  }
  if (request.url === "/api/upload") return response.end(await digest_of(request));
  if (request.url.endsWith(".svg")) return response.setHeader("Content-Type", "image/svg+xml").end(files["picture.svg"]);
  response.end(`${request.url} `.repeat(500));
});
const sockets = new WebSocket.Server({ server: backend });
sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
await new Promise((resolve) => backend.listen(0, "127.0.0.1", resolve));

// ---- the proxy: three names, one certificate; one of them has another policy of TLS ----

const port = await free_port();
mkdirSync(join(folder, "www"));
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "www", name), text);
execFileSync("openssl", ["req", "-x509", "-nodes", "-days", "30", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
  "-subj", "/CN=a.test", "-addext", "subjectAltName=DNS:a.test,DNS:same.test,DNS:other.test", "-keyout",
  join(folder, "key.pem"), "-out", join(folder, "cert.pem")], { stdio: "ignore" });
const certificate = new X509Certificate(readFileSync(join(folder, "cert.pem")));
const pin = createHash("sha256").update(certificate.publicKey.export({ type: "spki", format: "der" })).digest("base64");

writeFileSync(join(folder, "nginx.conf"), `daemon off; pid ${folder}/pid; error_log ${folder}/error.log info;
events {}
http {
  log_format one '$host $request_method $uri $status $server_protocol $http2 $connection';
  access_log ${folder}/access.log one;
  types { text/html html; text/css css; image/svg+xml svg; text/javascript js; }
  http2 on; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
  server {
    listen 127.0.0.1:${port} ssl; server_name a.test; root ${folder}/www; client_max_body_size 10m;
    location /api/ { proxy_pass http://127.0.0.1:${backend.address().port}; }
  }
  server { listen 127.0.0.1:${port} ssl; server_name same.test; add_header Access-Control-Allow-Origin *; return 200 same; }
  server { listen 127.0.0.1:${port} ssl; server_name other.test; add_header Access-Control-Allow-Origin *;
    ssl_verify_client optional_no_ca; return 200 other; }
}
`);

/// What the access log has, a line each: names of its fields to their values.
const log_lines = () => readFileSync(join(folder, "access.log"), "utf8").trim().split("\n").map((line) => {
  const [host, method, uri, status, protocol, http2, connection] = line.split(" ");
  return { host, method, uri, status: Number(status), protocol, http2, connection };
});
const logged = (what, fits) => eventually(`the log has ${what}`, () => log_lines().find(fits));

// ---- what is shown ----

let browser;
const seen = () => browser.script("return window.seen");
const protocols = () => browser.script(`return performance.getEntriesByType("navigation")
  .concat(performance.getEntriesByType("resource")).map((entry) => [new URL(entry.name).pathname, entry.nextHopProtocol])`);

async function loads_the_page() {
  await browser.go(`https://a.test:${port}/`);
  await eventually("all answers", async () => (await seen()).answers.filter(Boolean).length === calls);
  (await seen()).answers.forEach((text, i) => assert.equal(text, `/api/${i} `.repeat(500)));
  const digest = createHash("sha256").update(Buffer.from(Uint8Array.from({ length: upload_size }, (_, i) => i % 251)));
  const expected = digest.digest("hex");
  await eventually("the upload arrives whole", async () => (await seen()).upload === expected);
  assert.deepEqual(await browser.script("return [...document.images].map((image) => image.naturalWidth)"), [21, 21]);
  assert.equal(await browser.script("return getComputedStyle(document.body).color"), "rgb(1, 2, 3)");
}

async function speaks_http2() {
  const all = await protocols();
  for (const path of ["/", "/style.css", "/script.js", "/picture.svg", "/api/picture.svg", "/api/0", "/api/upload"])
    assert.ok(all.some(([name]) => name === path), `${path} is not among ${JSON.stringify(all)}`);
  assert.deepEqual(all.filter(([, protocol]) => protocol !== "h2"), []);
  const lines = log_lines();
  assert.ok(lines.length > calls, `${lines.length}`);
  assert.deepEqual(lines.filter((line) => line.protocol !== "HTTP/2.0" || line.http2 !== "h2" || line.status !== 200), []);
  assert.equal(new Set(lines.map((line) => line.connection)).size, 1, "everything shares one connection");
}

async function has_a_web_socket() {
  await eventually("the echo", async () => (await seen()).messages.length > 0 && (await seen()).binary.length > 0);
  assert.deepEqual((await seen()).messages, ["from the browser"]);
  assert.deepEqual((await seen()).binary, [200_000]);
  await browser.script("hang_up()");
  await eventually("the closing handshake", async () => (await seen()).closed === "4001 done");
  const line = await logged("the WebSocket", ({ uri }) => uri === "/api/echo");
  assert.equal(line.protocol, "HTTP/2.0", "extended CONNECT (RFC 8441)");
  assert.equal(line.connection, (await logged("the page", ({ uri }) => uri === "/index.html")).connection);
}

async function has_events() {
  for (const text of ["one", "two", "three"]) {
    await eventually("the page listens", () => listeners.size > 0);
    tell(text);
    await eventually(`the event ${text} before the next is sent`, async () => (await seen()).events.at(-1) === text);
  }
  assert.deepEqual((await seen()).events, ["one", "two", "three"]);
}

/// RFC 9113 9.1.1: a connection serves every name of its certificate, but for those that answer 421 (RFC 9110 15.5.20).
async function shares_connections_where_it_may() {
  const fetched = async (host) => {
    await browser.script("window.other = undefined; fetch(arguments[0]).then((a) => a.text()).then((t) => { window.other = t; })",
      `https://${host}:${port}/`);
    return eventually(`an answer of ${host}`, () => browser.script("return window.other"));
  };
  // Requests with credentials and those without do not share a connection in Chromium: the first makes the second kind.
  assert.equal(await fetched("same.test"), "same");
  assert.equal(await fetched("other.test"), "other");
  const [same, first] = [await logged("same.test", ({ host }) => host === "same.test"), await logged("other.test", ({ host }) => host === "other.test")];
  assert.deepEqual([same.status, same.protocol], [200, "HTTP/2.0"]);
  assert.deepEqual([first.status, first.connection], [421, same.connection]);
  const second = await logged("another try", ({ host, status }) => host === "other.test" && status === 200);
  assert.notEqual(second.connection, same.connection);
}

let proxy;
try {
  proxy = spawn(process.env.DRISHTI, ["-c", join(folder, "nginx.conf")], { stdio: ["ignore", "inherit", "inherit"] });
  await eventually("the proxy runs", () => readFileSync(join(folder, "pid"), "utf8"));
  browser = await Chromium.open(folder, [`--ignore-certificate-errors-spki-list=${pin}`, "--host-resolver-rules=MAP *.test 127.0.0.1"]);
  await loads_the_page();
  await speaks_http2();
  await has_a_web_socket();
  await has_events();
  await shares_connections_where_it_may();
  console.log("HTTP/2 works in Chromium");
} catch (error) {
  console.error(error);
  console.error(readFileSync(join(folder, "error.log"), "utf8").split("\n").slice(-20).join("\n"));
  process.exitCode = 1;
} finally {
  await browser?.close();
  proxy?.kill("SIGTERM");
  for (const socket of sockets.clients) socket.terminate();
  backend.closeAllConnections();
  backend.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
