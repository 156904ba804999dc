// amqplib_window.js URL EXCHANGE COUNT BYTES WINDOW: publishes with so many unconfirmed at a time.
'use strict';

const amqp = require('amqplib');

async function main(url, exchange, count, bytes, window) {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  const body = Buffer.alloc(bytes, 'x');
  const options = { contentType: 'application/json', persistent: true, mandatory: true };
  const begin = process.hrtime.bigint();
  await new Promise((resolve, reject) => {
    let sent = 0;
    let confirmed = 0;
    const more = () => {
      while (sent < count && sent - confirmed < window) {
        ++sent;
        channel.publish(exchange, 'bench.client.sent', body, options, (error) => {
          if (error) return reject(error);
          if (++confirmed === count) return resolve();
          // By halves: fewer turns, and always something under way.
          if (sent - confirmed <= window / 2) more();
        });
      }
    };
    more();
  });
  const wall_s = Number(process.hrtime.bigint() - begin) / 1e9;
  console.log(JSON.stringify({ count, wall_s }));
  await connection.close();
}

const [url, exchange, count, bytes, window] = process.argv.slice(2);
main(url, exchange, Number(count), Number(bytes), Number(window)).catch((error) => {
  console.error(error);
  process.exit(1);
});
