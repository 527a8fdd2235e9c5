// A real Chromium for tests, by plain WebDriver calls (W3C): opened with a profile of its own, driven by scripts in its
// page, ended with close().
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import net from "node:net";
import { join } from "node:path";

export const patience = 60_000;  // milliseconds; for a machine that is busy with other things
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const find_program = (name) => process.env.PATH.split(":").map((folder) => join(folder, name)).find((path) => {
  try { accessSync(path, constants.X_OK); return true; } catch { return false; }
});
const program = find_program("chromium"), driver_program = find_program("chromedriver");

/// Whether there is one on this machine (deploy/install-packages test).
export const is_installed = program !== undefined && driver_program !== undefined;

/// Ends with the first value of HOLDS that is true; throws, with the last one, when there is none in time.
export async function eventually(what, holds) {
  let last;
  for (const end = Date.now() + patience; Date.now() < end; await sleep(50)) {
    last = await Promise.resolve().then(holds).catch((error) => { last = error; });
    if (last) return last;
  }
  throw new Error(`never: ${what} (${last instanceof Error ? last.message : JSON.stringify(last)})`);
}

/// A port of 127.0.0.1 that nobody listens on.
export async function free_port() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class Chromium {
  /// FOLDER: where its profile may be. MORE: arguments of the command line.
  static async open(folder, more = []) {
    const self = new Chromium();
    const port = await free_port();
    self.driver = `http://127.0.0.1:${port}`;
    self.process = spawn(driver_program, [`--port=${port}`, "--log-level=SEVERE"], { stdio: ["ignore", "inherit", "inherit"] });
    await eventually("chromedriver answers", async () => (await self.call("GET", "/status")).ready);
    const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
      `--user-data-dir=${join(folder, "profile")}`, ...more];
    const capabilities = { alwaysMatch: { "goog:chromeOptions": { binary: program, args } } };
    self.session = `/session/${(await self.call("POST", "/session", { capabilities })).sessionId}`;
    return self;
  }

  async call(method, path, body) {
    const answer = await fetch(`${this.driver}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }

  go(url) { return this.call("POST", `${this.session}/url`, { url }); }
  /// What TEXT, the body of a function, returns in the page.
  script(text, ...args) { return this.call("POST", `${this.session}/execute/sync`, { script: text, args }); }

  async close() {
    if (this.session) await this.call("DELETE", this.session).catch(() => {});
    this.process.kill("SIGTERM");
    if (this.process.exitCode === null) await new Promise((resolve) => this.process.once("exit", resolve));
  }
}
