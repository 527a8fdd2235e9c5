// Open-loop load: requests come at random moments (Poisson), whether earlier ones were answered or not.
// Usage: node load.js URL. Reads a rate (requests a second) a line from standard input; each is in force until the next.
// Prints {"sent": N, "answered": N, "failed": N, "latencies": [ms...]} a second.
'use strict';
const http = require('http');
const readline = require('readline');

const url = new URL(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
let rate = 0;
let nextAt = null;
let figures = { sent: 0, answered: 0, failed: 0, latencies: [] };

function send() {
  const begun = performance.now();
  figures.sent++;
  const request = http.get(url, { agent }, (response) => {
    response.resume();
    response.on('end', () => {
      if (response.statusCode !== 200) figures.failed++;
      figures.answered++;
      figures.latencies.push(Math.round(performance.now() - begun));
    });
  });
  request.on('error', () => figures.failed++);
}

function tick() {
  const now = performance.now();
  if (rate > 0 && nextAt === null) nextAt = now;
  while (rate > 0 && nextAt <= now) {
    send();
    nextAt += (-Math.log(1 - Math.random()) / rate) * 1000;
  }
}

setInterval(tick, 2);
setInterval(() => {
  console.log(JSON.stringify(figures));
  figures = { sent: 0, answered: 0, failed: 0, latencies: [] };
}, 1000);
readline.createInterface({ input: process.stdin }).on('line', (line) => { rate = Number(line); }).on('close', () => process.exit(0));
