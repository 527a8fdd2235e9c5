#!/usr/bin/env node
// gRPC through the proxy with the clients and servers that people use: `@grpc/grpc-js` from npm. DRISHTI names the program.
// Exit code 77: the package cannot be had.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const patience = 60_000;  // milliseconds; for a machine that is busy with other things
const here = dirname(fileURLToPath(import.meta.url));

let modules;
try {
  modules = execFileSync(join(here, "npm_packages"), { encoding: "utf8", timeout: 120_000 }).trim();
} catch {
  console.log("SKIPPED: npm could not install @grpc/grpc-js");
  process.exit(77);
}
const grpc = createRequire(join(modules, "x.js"))("@grpc/grpc-js");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function eventually(what, holds) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(20)) if (await holds()) return;
  throw new Error(`never: ${what}`);
}

async function free_port() {
  const server = net.createServer();
  const port = await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// ---- servers ----

const asIs = (bytes) => bytes;
const call = (name, requestStream, responseStream) => ({
  path: `/test.Echo/${name}`, requestStream, responseStream,
  requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
});
const service = {
  unary: call("Unary", false, false),
  down: call("Down", false, true),
  up: call("Up", true, false),
  both: call("Both", true, true),
  fail: call("Fail", false, false),
  never: call("Never", false, false),
};
let cancelled = 0;

async function start_server(name) {
  const server = new grpc.Server();
  server.addService(service, {
    unary: (c, done) => {
      const first = new grpc.Metadata(), last = new grpc.Metadata();
      first.set("x-name", name);
      last.set("x-trailer", "last");
      c.sendMetadata(first);
      done(null, c.request, last);
    },
    down: (c) => {
      for (let i = 0; i < 100; ++i) c.write(Buffer.from(`${i}`));
      c.end();
    },
    up: (c, done) => {
      let size = 0;
      c.on("data", (message) => { size += message.length; });
      c.on("end", () => done(null, Buffer.from(String(size))));
    },
    both: (c) => {
      c.on("data", (message) => c.write(message));
      c.on("end", () => c.end());
    },
    fail: (c, done) => done({ code: grpc.status.NOT_FOUND, details: "no such thing: ä" }),
    never: (c) => c.on("cancelled", () => { ++cancelled; }),
  });
  const port = await new Promise((resolve, reject) => server.bindAsync(
    "127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))));
  return { server, port };
}

// ---- the proxy ----

const folder = mkdtempSync(join(tmpdir(), "drishti_grpc_"));
const one = await start_server("one"), two = await start_server("two");
const port = await free_port();
writeFileSync(join(folder, "drishti.conf"), `
  worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
  events {}
  http {
    access_log off;
    upstream echo { server 127.0.0.1:${one.port}; server 127.0.0.1:${two.port}; }
    server {
      listen 127.0.0.1:${port} http2;
      client_max_body_size 10m;
      location / { grpc_pass grpc://echo; }
    }
  }`);
try {
  execFileSync(process.env.DRISHTI, ["-t", "-q", "-c", join(folder, "drishti.conf")], { stdio: ["ignore", "ignore", "pipe"] });
} catch (error) {
  if (!/"http2"/.test(String(error.stderr))) throw error;
  console.log("SKIPPED: this build has no HTTP/2 towards clients");
  rmSync(folder, { recursive: true, force: true });
  process.exit(77);
}
const proxy = spawn(process.env.DRISHTI, ["-c", join(folder, "drishti.conf")], { stdio: ["ignore", "inherit", "inherit"] });
await eventually("the proxy listens", () => new Promise((resolve) => {
  const socket = net.connect(port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
  socket.on("error", () => resolve(false));
}));

// ---- calls ----

const Client = grpc.makeGenericClientConstructor(service, "Echo");
const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());

function unary(method, message, options = {}, use = () => {}) {
  return new Promise((resolve) => {
    const result = {};
    const c = client[method](message, new grpc.Metadata(), options, (error, response) => {
      Object.assign(result, { error, response });
      setImmediate(() => resolve(result));  // behind the status
    });
    c.on("metadata", (metadata) => { result.metadata = metadata.getMap(); });
    c.on("status", (status) => { result.status = status; });
    use(c);
  });
}
const all_of = (stream) => new Promise((resolve, reject) => {
  const messages = [];
  stream.on("data", (message) => messages.push(message.toString()));
  stream.on("error", reject);
  stream.on("end", () => resolve(messages));
});

async function test(what, body) {
  await body();
  console.log(`ok: ${what}`);
}

try {
  await test("a unary call, with metadata and trailers", async () => {
    const result = await unary("unary", Buffer.from("hello"));
    assert.equal(String(result.response), "hello");
    assert.equal(result.status.code, grpc.status.OK);
    assert.deepEqual(result.status.metadata.get("x-trailer"), ["last"]);
    assert.match(result.metadata["x-name"], /^(one|two)$/);
  });
  await test("a message larger than every window", async () => {
    const big = Buffer.alloc(3 << 20, "b");
    assert.ok((await unary("unary", big)).response.equals(big));
  });
  await test("messages of the server", async () => {
    const messages = await all_of(client.down(Buffer.from("x")));
    assert.equal(messages.length, 100);
    assert.equal(messages[99], "99");
  });
  await test("messages of the client", async () => {
    const size = await new Promise((resolve, reject) => {
      const c = client.up((error, response) => (error ? reject(error) : resolve(String(response))));
      for (let i = 0; i < 50; ++i) c.write(Buffer.alloc(10000, "u"));
      c.end();
    });
    assert.equal(size, "500000");
  });
  await test("both at once: each message waits for the echo of the one before", async () => {
    const c = client.both();
    let rounds = 0;
    c.on("data", (message) => (++rounds < 20 ? c.write(message) : c.end()));
    c.write(Buffer.from("ping"));
    assert.equal((await all_of(c)).length, 20);
  });
  await test("an error's status and details", async () => {
    const { error } = await unary("fail", Buffer.from("x"));
    assert.equal(error.code, grpc.status.NOT_FOUND);
    assert.equal(error.details, "no such thing: ä");
  });
  await test("a deadline and a cancelled call reach the server", async () => {
    const late = await unary("never", Buffer.from("x"), { deadline: Date.now() + 300 });
    assert.equal(late.error.code, grpc.status.DEADLINE_EXCEEDED);
    const left = await unary("never", Buffer.from("x"), {}, (c) => setTimeout(() => c.cancel(), 100));
    assert.equal(left.error.code, grpc.status.CANCELLED);
    await eventually("both were told of", () => cancelled === 2);
  });
  await test("many calls at once, on two servers", async () => {
    const results = await Promise.all(Array.from({ length: 300 }, (_, i) => unary("unary", Buffer.from(String(i)))));
    results.forEach((result, i) => assert.equal(String(result.response), String(i)));
    assert.deepEqual(new Set(results.map((result) => result.metadata["x-name"])), new Set(["one", "two"]));
  });
  await test("a server that goes away costs no call", async () => {
    const calls = [];
    for (let i = 0; i < 50; ++i) {
      calls.push(unary("unary", Buffer.from(String(i))));
      if (i === 20) one.server.tryShutdown(() => {});  // GOAWAY, and the calls under way end
      await sleep(2);
    }
    for (const result of await Promise.all(calls)) assert.equal(result.error, null);
  });
  await test("without a server a call is UNAVAILABLE", async () => {
    two.server.forceShutdown();
    await eventually("the status", async () => (await unary("unary", Buffer.from("x"))).error?.code === grpc.status.UNAVAILABLE);
  });
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  client.close();
  proxy.kill();
  one.server.forceShutdown();
  two.server.forceShutdown();
  rmSync(folder, { recursive: true, force: true });
}
