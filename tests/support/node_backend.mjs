// An upstream of Node.js for scenario tests: node_backend.mjs h2c | h2 | https | cut [NAME [KEY CERT [CLIENT_CA [PORT]]]].
// Says on which port it listens; answers by path.
import http2 from 'node:http2';
import https from 'node:https';
import fs from 'node:fs';
import net from 'node:net';
import { TLSSocket } from 'node:tls';

const [kind, name = '', key, cert, clientCa, port = '0'] = process.argv.slice(2);

function describe(request, body) {
  const socket = request.stream ? request.stream.session.socket : request.socket;
  return JSON.stringify({
    name,
    version: request.httpVersion,
    method: request.method,
    path: request.url,
    headers: request.headers,
    trailers: request.trailers,
    body: body.length,
    connection: socket.remotePort,
    sni: socket.servername || '',
    resumed: socket.isSessionReused ? socket.isSessionReused() : false,
    client: socket.getPeerCertificate ? socket.getPeerCertificate().subject?.CN ?? '' : '',
  });
}

function answer(request, response) {
  const url = new URL(request.url, 'http://x');
  if (url.pathname === '/big') {
    response.setHeader('content-type', 'application/octet-stream');
    let left = Number(url.searchParams.get('bytes'));
    const chunk = Buffer.alloc(1 << 16, 'x');
    const more = () => {
      while (left > 0) {
        const part = Math.min(left, chunk.length);
        left -= part;
        if (!response.write(part === chunk.length ? chunk : chunk.subarray(0, part))) return response.once('drain', more);
      }
      response.end();
    };
    return more();
  }
  if (url.pathname === '/silent') return;
  if (url.pathname === '/stream') {  // what comes goes back at once
    response.writeHead(200, { 'content-type': 'application/grpc' });
    request.on('data', (chunk) => response.write(chunk));
    request.on('aborted', () => console.log('aborted'));
    return request.on('end', () => response.end());
  }
  if (url.pathname === '/early') return response.end('no need to read that');
  if (url.pathname === '/body') console.log('began');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (url.pathname === '/name') return response.end(name);
    if (url.pathname === '/trailers') {
      response.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-sum' });
      response.write('body');
      response.addTrailers({ 'x-sum': '42', 'x-more': 'a' });
      return response.end();
    }
    if (url.pathname === '/goaway') {  // this answer, and nothing more on this connection
      response.end(name, () => request.stream.session.goaway(0));
      return;
    }
    if (url.pathname === '/body') return response.end(body);
    response.setHeader('content-type', 'application/json');
    const text = describe(request, body);
    response.setHeader('content-length', Buffer.byteLength(text));
    response.end(request.method === 'HEAD' ? undefined : text);
  });
}

const tls = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(cert) } : {};
if (clientCa) Object.assign(tls, { ca: fs.readFileSync(clientCa), requestCert: true, rejectUnauthorized: false });
/// A body that ends with the connection: with close_notify for /whole, else without.
function cut(socket) {
  socket.on('error', () => {});
  const tlsSocket = new TLSSocket(socket, { isServer: true, ...tls });
  tlsSocket.on('error', () => {});
  tlsSocket.once('data', (head) => {
    const text = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart of it';
    if (head.toString().startsWith('GET /whole')) return tlsSocket.end(text);
    tlsSocket.write(text, () => setImmediate(() => socket.end()));
  });
}

const makers = {
  cut: () => net.createServer(cut),
  h2c: () => http2.createServer({}, answer),
  h2: () => http2.createSecureServer({ ...tls, allowHTTP1: false }, answer),
  https: () => https.createServer(tls, answer),
};
const server = makers[kind]();
server.listen(Number(port), '127.0.0.1', () => console.log(`port ${server.address().port}`));
