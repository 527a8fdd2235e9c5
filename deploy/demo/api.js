'use strict';
// One API server of the demonstration: plain Node.js, no packages.
// Environment: NAME (told in every answer), HOST and PORT to listen on.

const http = require('node:http');
const { acceptWebSocket } = require('./websocket.js');

const name = process.env.NAME || 'api';
const host = process.env.HOST || '127.0.0.1';
const port = Number(process.env.PORT || 3000);

function sendJson(response, status, value) {
  const body = JSON.stringify(value) + '\n';
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function numberBetween(text, low, high, otherwise) {
  const number = Number(text);
  return text !== null && Number.isInteger(number) && number >= low && number <= high ? number : otherwise;
}

// What the server saw of the request: shows the headers that the proxy sets.
function describe(request) {
  return { server: name, method: request.method, path: request.url, headers: request.headers };
}

function api(request, response) {
  if (request.method === 'GET' || request.method === 'HEAD') return sendJson(response, 200, describe(request));
  let length = 0;
  request.on('data', (chunk) => { length += chunk.length; });
  request.on('end', () => sendJson(response, 200, { ...describe(request), bodyLength: length }));
}

function slow(request, response, query) {
  const milliseconds = numberBetween(query.get('ms'), 0, 600_000, 1000);
  setTimeout(() => sendJson(response, 200, { server: name, waited: milliseconds }), milliseconds);
}

function fail(request, response, query) {
  const code = numberBetween(query.get('code'), 400, 599, 500);
  sendJson(response, code, { server: name, error: `asked to fail with ${code}` });
}

// Server-sent events: one a second until the client goes.
function events(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', 'X-Accel-Buffering': 'no' });
  let count = 0;
  const send = () => response.write(`id: ${++count}\ndata: ${JSON.stringify({ server: name, count })}\n\n`);
  send();
  const timer = setInterval(send, 1000);
  response.on('close', () => clearInterval(timer));
}

const routes = {
  '/': (request, response) => sendJson(response, 200, { server: name, hello: 'this answer came through the proxy' }),
  '/health': (request, response) => sendJson(response, 200, { server: name, status: 'ok', uptime: process.uptime(), inProgress }),
  '/slow': slow,
  '/fail': fail,
  '/events': events,
};

let inProgress = 0;

const server = http.createServer((request, response) => {
  inProgress += 1;
  response.on('close', () => { inProgress -= 1; });
  const url = new URL(request.url, 'http://server');
  const route = routes[url.pathname] || (url.pathname.startsWith('/api/') ? api : null);
  if (route) return route(request, response, url.searchParams);
  sendJson(response, 404, { server: name, error: 'no such path' });
});

server.on('upgrade', (request, socket) => {
  if (request.url.split('?')[0] !== '/ws') return socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  acceptWebSocket(request, socket, `hello from ${name}`);
});
server.on('error', (error) => {
  console.error(`${name}: cannot listen on ${host}:${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, host, () => console.log(`${name} listens on ${host}:${port}`));

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
