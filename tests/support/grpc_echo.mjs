// A gRPC server, or a client that tries out every kind of call and says how each ended:
// grpc_echo.mjs server | grpc_echo.mjs client ADDRESS. Needs @grpc/grpc-js (NODE_PATH or beside).
import { createRequire } from 'node:module';
const grpc = createRequire(process.env.GRPC_JS_FROM ?? import.meta.url)('@grpc/grpc-js');

const pass = { requestSerialize: (b) => b, requestDeserialize: (b) => b, responseSerialize: (b) => b, responseDeserialize: (b) => b };
const call = (path, requestStream, responseStream) => ({ path: `/test.Echo/${path}`, requestStream, responseStream, ...pass });
const service = {
  unary: call('Unary', false, false),
  down: call('Down', false, true),
  up: call('Up', true, false),
  both: call('Both', true, true),
  fail: call('Fail', false, false),
  never: call('Never', false, false),
};

function serve() {
  let cancelled = 0;
  const server = new grpc.Server();
  server.addService(service, {
    unary: (c, done) => {
      const trailer = new grpc.Metadata();
      trailer.set('x-trailer', 'last');
      const initial = new grpc.Metadata();
      initial.set('x-authority', c.getHost());
      initial.set('x-cancelled', String(cancelled));
      c.sendMetadata(initial);
      done(null, c.request, trailer);
    },
    down: (c) => {
      for (let i = 0; i < 100; ++i) c.write(Buffer.from(`${i}`));
      c.end();
    },
    up: (c, done) => {
      let size = 0;
      c.on('data', (message) => { size += message.length; });
      c.on('end', () => done(null, Buffer.from(String(size))));
    },
    both: (c) => {
      c.on('data', (message) => c.write(message));
      c.on('end', () => c.end());
    },
    fail: (c, done) => done({ code: grpc.status.NOT_FOUND, details: 'no such thing: ä' }),
    never: (c) => c.on('cancelled', () => { ++cancelled; }),
  });
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => console.log(`port ${port}`));
}

async function ask(address) {
  const Client = grpc.makeGenericClientConstructor(service, 'Echo');
  const client = new Client(address, grpc.credentials.createInsecure());
  const say = (what, how) => console.log(`${what}: ${how}`);
  const unary = (method, message, options = {}) => new Promise((resolve) => {
    const result = {};
    const c = client[method](message, new grpc.Metadata(), options, (error, response) => {
      Object.assign(result, { error, response });
      setImmediate(() => resolve(result));  // behind the status
    });
    c.on('metadata', (metadata) => { result.metadata = metadata.getMap(); });
    c.on('status', (status) => { result.status = status; });
    options.started?.(c);
  });

  let r = await unary('unary', Buffer.from('hello'));
  say('unary', `${r.response} ${r.status?.code ?? r.error?.code} ${r.status?.metadata.get('x-trailer')} ${r.metadata['x-authority']}`);

  const big = Buffer.alloc(3 << 20, 'b');
  r = await unary('unary', big);
  say('large', r.response?.equals(big));

  say('down', await new Promise((resolve) => {
    const got = [];
    const c = client.down(Buffer.from('x'));
    c.on('data', (message) => got.push(message.toString()));
    c.on('error', (error) => resolve(`error ${error.code} ${error.details}`));
    c.on('end', () => resolve(`${got.length} ${got[99]}`));
  }));

  say('up', await new Promise((resolve) => {
    const c = client.up((error, response) => resolve(error ? `error ${error.code} ${error.details}` : response.toString()));
    for (let i = 0; i < 50; ++i) c.write(Buffer.alloc(10000, 'u'));
    c.end();
  }));

  say('both', await new Promise((resolve) => {
    // Each message waits for the echo of the one before: neither direction may be buffered.
    let rounds = 0;
    const c = client.both();
    c.on('data', (message) => (++rounds < 20 ? c.write(message) : c.end()));
    c.on('error', (error) => resolve(`error ${error.code} ${error.details}`));
    c.on('end', () => resolve(`${rounds} rounds`));
    c.write(Buffer.from('ping'));
  }));

  r = await unary('fail', Buffer.from('x'));
  say('fail', `${r.error.code} ${r.error.details}`);

  r = await unary('never', Buffer.from('x'), { deadline: Date.now() + 300 });
  say('deadline', r.error.code);

  r = await unary('never', Buffer.from('x'), { started: (c) => setTimeout(() => c.cancel(), 100) });
  say('cancel', r.error.code);

  for (let i = 0; i < 100; ++i) {  // the server hears of both
    r = await unary('unary', Buffer.from('x'));
    if (r.metadata['x-cancelled'] === '2') break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  say('heard', r.metadata['x-cancelled']);
  const many = await Promise.all(Array.from({ length: 300 }, (_, i) => unary('unary', Buffer.from(String(i)))));
  say('many', many.filter((one, i) => one.response?.toString() === String(i)).length);
  client.close();
}

if (process.argv[2] === 'server') serve();
else await ask(process.argv[3]);
