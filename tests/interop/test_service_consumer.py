"""The consumer that the ecosystem's services are written after, as it stands in
their guide, down to the names."""

import asyncio
from types import SimpleNamespace

import aio_pika
import pika
import pytest

from bb_pytest import PATIENCE_S, get_when_there

EXCHANGE = "bloodbank.events.v1"
QUEUE = "my_service_queue"


@pytest.fixture(autouse=True)
def no_queue_left(channel):
    channel.queue_delete(QUEUE)
    yield
    channel.queue_delete(QUEUE)


async def start_service(settings, on_message):
    connection = await aio_pika.connect_robust(settings.rabbit_url)
    channel = await connection.channel()

    exchange = await channel.declare_exchange(
        settings.exchange_name, aio_pika.ExchangeType.TOPIC, durable=True
    )

    queue = await channel.declare_queue(QUEUE, durable=True)
    await queue.bind(exchange, routing_key="transcription.voice.*")

    await queue.consume(on_message)
    return connection


def test_the_service_receives_its_events_and_no_others(broker, channel):
    settings = SimpleNamespace(rabbit_url=broker.url, exchange_name=EXCHANGE)

    async def main():
        received = asyncio.Queue()

        async def on_message(message):
            await received.put(message)

        connection = await start_service(settings, on_message)
        async with connection:
            for key in ("transcription.voice.started", "llm.prompt", "transcription.voice.failed"):
                properties = pika.BasicProperties(delivery_mode=2)
                channel.basic_publish(EXCHANGE, key, key.encode(), properties)
            first = await asyncio.wait_for(received.get(), PATIENCE_S)
            second = await asyncio.wait_for(received.get(), PATIENCE_S)
            await first.ack()
            assert received.empty()
        return first, second

    first, second = asyncio.run(main())
    assert first.routing_key == "transcription.voice.started"
    assert first.body == b"transcription.voice.started"
    assert first.exchange == EXCHANGE
    assert second.routing_key == "transcription.voice.failed"

    # The queue outlives the service, and keeps what was not acknowledged.
    method, _, body = get_when_there(channel, QUEUE)
    assert (body, method.redelivered) == (b"transcription.voice.failed", True)
    assert channel.basic_get(QUEUE) == (None, None, None)


def test_the_service_starts_again_on_what_it_declared(broker, channel):
    settings = SimpleNamespace(rabbit_url=broker.url, exchange_name=EXCHANGE)

    async def main():
        for body in (b"before", b"after"):
            received = asyncio.Queue()
            connection = await start_service(settings, received.put)
            async with connection:
                channel.basic_publish(EXCHANGE, "transcription.voice.completed", body)
                message = await asyncio.wait_for(received.get(), PATIENCE_S)
                assert message.body == body
                await message.ack()

    asyncio.run(main())
