'use strict';
// A WebSocket endpoint that greets and then echoes (RFC 6455), enough for the demonstration: frames up to 64 KiB,
// no fragmentation, no extensions.

const { createHash } = require('node:crypto');

const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };
const largestPayload = 65535;

function acceptKey(key) {
  return createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
}

function frame(opcode, payload) {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = long ? 126 : payload.length;
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

function closeFrame(code) {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frame(opcodes.close, payload);
}

// The first whole frame in `bytes`: {opcode, payload, size}; null while it is incomplete; {error} when unacceptable.
function parse(bytes) {
  if (bytes.length < 2) return null;
  const final = (bytes[0] & 0x80) !== 0;
  const masked = (bytes[1] & 0x80) !== 0;
  const short = bytes[1] & 0x7f;
  if (!final || !masked) return { error: 1002 };
  if (short === 127) return { error: 1009 };
  const start = short === 126 ? 4 : 2;
  if (bytes.length < start + 4) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short;
  const size = start + 4 + length;
  if (length > largestPayload) return { error: 1009 };
  if (bytes.length < size) return null;
  const mask = bytes.subarray(start, start + 4);
  const payload = Buffer.from(bytes.subarray(start + 4, size)).map((byte, i) => byte ^ mask[i % 4]);
  return { opcode: bytes[0] & 0x0f, payload, size };
}

// False once the connection is to be closed.
function answer(socket, { opcode, payload }) {
  if (opcode === opcodes.text || opcode === opcodes.binary) return socket.write(frame(opcode, payload)), true;
  if (opcode === opcodes.ping) return socket.write(frame(opcodes.pong, payload)), true;
  if (opcode === opcodes.pong) return true;
  socket.end(closeFrame(opcode === opcodes.close ? 1000 : 1002));
  return false;
}

function echo(socket) {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (let next = parse(pending); next; next = parse(pending)) {
      if (next.error) return socket.end(closeFrame(next.error));
      pending = pending.subarray(next.size);
      if (!answer(socket, next)) return;
    }
  });
}

function acceptWebSocket(request, socket, greeting) {
  const key = request.headers['sec-websocket-key'];
  if (!key) return socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`);
  socket.write(frame(opcodes.text, Buffer.from(greeting)));
  echo(socket);
}

module.exports = { acceptWebSocket };
