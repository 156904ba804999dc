// amqplib_publish.js URL EXCHANGE ROUTING_KEY BODY: one event, confirmed.
'use strict';

const amqp = require('amqplib');

async function main(url, exchange, routingKey, body) {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(exchange, 'topic', { durable: true });
  channel.publish(exchange, routingKey, Buffer.from(body), {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    persistent: true,
    mandatory: true,
  });
  await channel.waitForConfirms();
  await connection.close();
}

main(...process.argv.slice(2));
