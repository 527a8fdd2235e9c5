'use strict';
// An Express application as the guide's users have it, for deploy/switch/try and bench/middleware/run. config/redis.js and
// middleware/cache.js are the guide's files, byte for byte.
// Environment: NAME, HOST and PORT; REDIS_URL; MIDDLEWARE=FILE instead of the guide's, or `none`.

const express = require('express');
const { promisify } = require('node:util');

const { NAME: name = 'api', HOST: host = '127.0.0.1', PORT: port = '3000' } = process.env;

// With no version of the package `redis` do the guide's files work as they are. Up to 3, get() takes a callback and returns
// true, which the middleware sends as the answer; from 4 on somebody has to connect, and setex() is called setEx().
async function completeClient(redis) {
  redis.on('error', (error) => console.error(`redis: ${error.message}`));
  if (!redis.connect) {
    redis.get = promisify(redis.get).bind(redis);
    return;
  }
  redis.setex = (...values) => redis.setEx(...values);
  await redis.connect();
}

async function middleware() {
  const { MIDDLEWARE: file } = process.env;
  if (file === 'none') return () => (request, response, next) => next();
  if (file) return require(file);
  await completeClient(require('./config/redis'));
  return require('./middleware/cache');
}

// 1 KiB of JSON, the same for each id.
function item(id) {
  const value = { id, name: `item ${id}`, text: '' };
  value.text = 'abcdefghijklmnopqrstuvwxyz'.repeat(40).slice(0, 1024 - JSON.stringify(value).length);
  return value;
}

async function main() {
  const cache = await middleware();
  const app = express();
  app.get('/items/:id', cache(300), (request, response) => response.json(item(request.params.id)));
  app.get('/products/:id', cache(300), (request, response) => {
    console.log(`${name} answers ${request.originalUrl}`);
    response.json({ id: request.params.id, from: name, at: new Date().toISOString() });
  });
  app.put('/products/:id', (request, response) => response.json({ saved: request.params.id }));
  app.get('/me', (request, response) => response.json({ user: request.get('Authorization') ?? null }));
  app.listen(Number(port), host);
}

main();
