"""aio_pika_awaited.py URL EXCHANGE COUNT BYTES: publishes, each awaited with its confirm."""

import asyncio
import json
import sys
import time

import aio_pika


async def main(url, exchange_name, count, size):
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(exchange_name)
        message = aio_pika.Message(
            b"x" * size,
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        begin = time.perf_counter()
        for _ in range(count):
            await exchange.publish(message, routing_key="bench.client.sent", mandatory=True)
        print(json.dumps({"count": count, "wall_s": time.perf_counter() - begin}))


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
