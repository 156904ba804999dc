// amqplib, the Node client, with promises. CommonJS, because require() finds
// the packages through NODE_PATH, in the build tree.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const { randomUUID } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { after, before, test } = require('node:test');
const amqp = require('amqplib');

const url = readFileSync(process.env.BB_TEST_BROKER_URL_FILE, 'utf8').trim();
const unique = (label) => `test.${randomUUID()}.${label}`;
const ONE_MEBIBYTE = 1024 * 1024;

let connection;
before(async () => {
  connection = await amqp.connect(url);
});
after(() => connection.close());

// A channel with confirms and a server-named exclusive queue.
async function channelAndQueue() {
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  return { channel, queue };
}

// Publishes, and returns once the broker has confirmed it.
async function publish(channel, exchange, routingKey, body, options) {
  channel.publish(exchange, routingKey, Buffer.from(body), options);
  await channel.waitForConfirms();
}

async function bodies(channel, queue) {
  const taken = [];
  for (let message; (message = await channel.get(queue, { noAck: true })); ) {
    taken.push(message.content.toString());
  }
  return taken;
}

test('publishes with confirms and consumes', async () => {
  const { channel, queue } = await channelAndQueue();
  const arrived = [];
  const all = new Promise((resolve) => {
    channel.consume(queue, (message) => {
      arrived.push(Number(message.content));
      channel.ack(message);
      if (arrived.length === 100) resolve();
    });
  });
  for (let number = 0; number < 100; number++) {
    channel.sendToQueue(queue, Buffer.from(String(number)), { persistent: true });
  }
  await channel.waitForConfirms();
  await all;
  assert.deepEqual(arrived, [...Array(100).keys()]);
  await channel.close();
});

test('an unroutable mandatory message is returned before its confirm', async () => {
  const { channel } = await channelAndQueue();
  const seen = [];
  channel.on('return', (message) => seen.push(message));
  const options = { mandatory: true, headers: { why: 'nobody listens' } };
  await publish(channel, 'amq.topic', unique('nobody'), 'lost', options);
  assert.equal(seen.length, 1);
  assert.equal(seen[0].fields.replyCode, 312);
  assert.equal(seen[0].fields.replyText, 'NO_ROUTE');
  assert.equal(seen[0].content.toString(), 'lost');
  assert.deepEqual(seen[0].properties.headers, { why: 'nobody listens' });
  await channel.close();
});

test('prefetch limits what is unacknowledged', async () => {
  const { channel, queue } = await channelAndQueue();
  for (const body of ['one', 'two', 'three']) await publish(channel, '', queue, body);
  await channel.prefetch(2);
  const arrived = [];
  const { consumerTag } = await channel.consume(queue, (message) => arrived.push(message));
  // The reply to a later request tells that what came before is here.
  await channel.checkQueue(queue);
  while (arrived.length < 2) await channel.checkQueue(queue);
  assert.equal((await channel.checkQueue(queue)).messageCount, 1);
  assert.equal(arrived.length, 2);
  channel.ack(arrived[0]);
  while (arrived.length < 3) await channel.checkQueue(queue);
  assert.deepEqual(arrived.map((message) => message.content.toString()), ['one', 'two', 'three']);
  channel.ackAll();
  await channel.cancel(consumerTag);
  await channel.close();
});

test('nack requeues, reject drops', async () => {
  const { channel, queue } = await channelAndQueue();
  await publish(channel, '', queue, 'again');
  const first = await channel.get(queue);
  assert.equal(first.fields.redelivered, false);
  channel.nack(first, false, true);
  const second = await channel.get(queue);
  assert.equal(second.content.toString(), 'again');
  assert.equal(second.fields.redelivered, true);
  channel.reject(second, false);
  assert.deepEqual(await bodies(channel, queue), []);
  await channel.close();
});

test('headers and properties arrive', async () => {
  const { channel, queue } = await channelAndQueue();
  const sent = {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    headers: {
      text: 'Zürich ☕', yes: true, whole: 7, large: 2 ** 40, real: 0.5, nothing: null,
      list: [1, 'two'], table: { nested: { deeper: 'still' } },
    },
    deliveryMode: 2,
    priority: 3,
    correlationId: 'correlation',
    replyTo: 'answers',
    expiration: '60000',
    messageId: 'message',
    timestamp: 1769500000,
    type: 'type',
    appId: 'app',
  };
  await publish(channel, '', queue, '{}', sent);
  const { properties } = await channel.get(queue, { noAck: true });
  for (const [name, value] of Object.entries(sent)) {
    assert.deepEqual(properties[name], value, name);
  }
  await channel.close();
});

test('get tells how many remain, and false when none do', async () => {
  const { channel, queue } = await channelAndQueue();
  await publish(channel, '', queue, 'one');
  await publish(channel, '', queue, 'two');
  const message = await channel.get(queue, { noAck: true });
  assert.equal(message.content.toString(), 'one');
  assert.equal(message.fields.messageCount, 1);
  assert.deepEqual(await bodies(channel, queue), ['two']);
  assert.equal(await channel.get(queue), false);
  await channel.close();
});

const exchanges = [
  { type: 'topic', binding: 'transcription.voice.*', match: 'transcription.voice.failed', other: 'llm.prompt' },
  { type: 'topic', binding: 'transcription.#', match: 'transcription', other: 'transcriptions' },
  { type: 'direct', binding: 'this', match: 'this', other: 'that' },
  { type: 'fanout', binding: '', match: 'anything' },
];
for (const { type, binding, match, other } of exchanges) {
  test(`${type} exchange, bound with '${binding}'`, async () => {
    const { channel, queue } = await channelAndQueue();
    const { exchange } = await channel.assertExchange(unique(type), type, { autoDelete: true });
    await channel.bindQueue(queue, exchange, binding);
    await publish(channel, exchange, match, 'mine');
    if (other) await publish(channel, exchange, other, 'not mine');
    assert.deepEqual(await bodies(channel, queue), ['mine']);
    await channel.deleteExchange(exchange);
    await channel.close();
  });
}

test('headers exchange', async () => {
  const { channel, queue } = await channelAndQueue();
  const { exchange } = await channel.assertExchange(unique('headers'), 'headers', { autoDelete: true });
  await channel.bindQueue(queue, exchange, '', { 'x-match': 'all', shape: 'round', size: 3 });
  await publish(channel, exchange, '', 'mine', { headers: { shape: 'round', size: 3, more: 1 } });
  await publish(channel, exchange, '', 'not mine', { headers: { shape: 'round' } });
  assert.deepEqual(await bodies(channel, queue), ['mine']);
  await channel.deleteExchange(exchange);
  await channel.close();
});

for (const size of [0, ONE_MEBIBYTE]) {
  test(`a body of ${size} bytes`, async () => {
    const { channel, queue } = await channelAndQueue();
    const body = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
    await publish(channel, '', queue, body);
    const message = await channel.get(queue, { noAck: true });
    assert.ok(body.equals(message.content));
    await channel.close();
  });
}

test('the server names an exclusive queue, and keeps it from other connections', async () => {
  const { channel, queue } = await channelAndQueue();
  assert.match(queue, /^amq\.gen-/);
  const other = await amqp.connect(url);
  const foreign = await other.createChannel();
  foreign.on('error', () => {});
  await assert.rejects(foreign.checkQueue(queue), { code: 405 });
  await other.close();
  await channel.close();
});

test('a missing exchange closes the channel alone', async () => {
  const channel = await connection.createConfirmChannel();
  const missing = unique('missing');
  const failed = once(channel, 'error');
  channel.publish(missing, 'key', Buffer.from('body'));
  const [error] = await failed;
  assert.equal(error.code, 404);
  assert.match(error.message, new RegExp(`NOT_FOUND - no exchange '${missing}' in vhost '/'`));

  const { channel: next, queue } = await channelAndQueue();
  await publish(next, '', queue, 'still');
  assert.deepEqual(await bodies(next, queue), ['still']);
  await next.close();
});

test('redeclaring a queue otherwise closes the channel alone', async () => {
  const { channel } = await channelAndQueue();
  const { queue } = await channel.assertQueue(unique('queue'), { durable: true });
  const other = await connection.createChannel();
  other.on('error', () => {});
  await assert.rejects(other.assertQueue(queue, { durable: false }), (error) => {
    assert.equal(error.code, 406);
    assert.match(error.message, /inequivalent arg 'durable' for queue .* received 'false' but current is 'true'/);
    return true;
  });
  await channel.deleteQueue(queue);
  await channel.close();
});

test('deleting a queue cancels its consumers', async () => {
  const { channel } = await channelAndQueue();
  const { queue } = await channel.assertQueue(unique('queue'));
  const cancelled = new Promise((resolve) => {
    channel.consume(queue, (message) => message === null && resolve());
  });
  await channel.checkQueue(queue);
  await channel.deleteQueue(queue);
  await cancelled;
  await channel.close();
});

// At one second, either side gives up on a silent peer after two.
test('heartbeats keep an idle connection', async () => {
  const idle = await amqp.connect(`${url}?heartbeat=1`);
  assert.equal(idle.connection.heartbeat, 1);
  const failures = [];
  idle.on('error', (error) => failures.push(error));
  await sleep(5000);
  assert.deepEqual(failures, []);
  const channel = await idle.createChannel();
  assert.ok((await channel.assertQueue('', { exclusive: true })).queue);
  await idle.close();
});

test('a wrong password is refused', async () => {
  const wrong = url.replace('guest:guest@', 'guest:wrong@');
  await assert.rejects(amqp.connect(wrong), /ACCESS.REFUSED/);
});
