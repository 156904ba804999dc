"""aio_pika_publish.py URL EXCHANGE ROUTING_KEY BODY: one event, confirmed."""

import asyncio
import sys

import aio_pika


async def main(url, exchange_name, routing_key, body):
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.declare_exchange(exchange_name, "topic", durable=True)
        message = aio_pika.Message(
            body.encode(),
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        await exchange.publish(message, routing_key=routing_key, mandatory=True)


asyncio.run(main(*sys.argv[1:]))
