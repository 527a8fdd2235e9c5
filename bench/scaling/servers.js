// Servers of known capacity: each works on SLOTS requests at once for SERVICE_MS each, and queues the others.
// Usage: node servers.js SLOTS SERVICE_MS PORT...
'use strict';
const http = require('http');

const [slots, serviceMs, ...ports] = process.argv.slice(2).map(Number);

function startServer(port) {
  const waiting = [];
  let free = slots;

  // The next one begins when this one was due, so that late timers cost no capacity.
  function work(response, begin) {
    const due = begin + serviceMs;
    setTimeout(() => {
      response.end('done\n');
      const next = waiting.shift();
      if (next) work(next, Math.max(due, next.cameAt));
      else free++;
    }, due - performance.now());
  }

  http.createServer({ keepAliveTimeout: 60000 }, (request, response) => {
    response.cameAt = performance.now();
    if (free > 0) {
      free--;
      work(response, response.cameAt);
    } else {
      waiting.push(response);
    }
  }).listen(port, '127.0.0.1');
}

ports.forEach(startServer);
