"""aio-pika, the asynchronous Python client that the ecosystem's services use."""

import asyncio

import aio_pika
import pytest
from aio_pika import DeliveryMode, ExchangeType, Message
from aiormq.exceptions import (
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    DeliveryError,
    ProbableAuthenticationError,
)

from bb_pytest import PATIENCE_S


def over_a_connection(broker, scenario):
    """Runs scenario(connection) to its end."""

    async def main():
        async with await aio_pika.connect(broker.url) as connection:
            await asyncio.wait_for(scenario(connection), PATIENCE_S)

    asyncio.run(main())


async def bodies(queue):
    taken = []
    while message := await queue.get(no_ack=True, fail=False):
        taken.append(message.body)
    return taken


def test_publishes_with_confirms_and_consumes(broker):
    async def scenario(connection):
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=10)
        queue = await channel.declare_queue(exclusive=True)
        # All of them at once: the confirms arrive while others are being sent.
        await asyncio.gather(
            *(
                channel.default_exchange.publish(
                    Message(str(number).encode(), delivery_mode=DeliveryMode.PERSISTENT),
                    routing_key=queue.name,
                )
                for number in range(100)
            )
        )
        arrived = []
        async with queue.iterator() as messages:
            async for message in messages:
                async with message.process():
                    arrived.append(int(message.body))
                if len(arrived) == 100:
                    break
        assert sorted(arrived) == list(range(100))

    over_a_connection(broker, scenario)


def test_unroutable_mandatory_is_returned(broker, unique):
    async def scenario(connection):
        channel = await connection.channel(on_return_raises=True)
        topic = await channel.declare_exchange(unique("topic"), "topic", auto_delete=True)
        with pytest.raises(DeliveryError) as returned:
            await topic.publish(Message(b"lost"), routing_key="nobody.listens")
        assert returned.value.message.delivery.reply_code == 312
        await topic.delete()

    over_a_connection(broker, scenario)


def test_nack_requeues_and_reject_drops(broker):
    async def scenario(connection):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await channel.default_exchange.publish(Message(b"again"), routing_key=queue.name)
        message = await queue.get()
        assert not message.redelivered
        await message.nack(requeue=True)
        message = await queue.get()
        assert (message.body, message.redelivered) == (b"again", True)
        await message.reject(requeue=False)
        assert await bodies(queue) == []

    over_a_connection(broker, scenario)


def test_headers_and_properties_arrive(broker):
    async def scenario(connection):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        headers = {"text": "Zürich ☕", "number": 2**40, "list": [1, "two"], "table": {"a": None}}
        sent = Message(
            b"{}",
            headers=headers,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id="message",
            correlation_id="correlation",
            priority=3,
            type="type",
            app_id="app",
        )
        await channel.default_exchange.publish(sent, routing_key=queue.name)
        received = await queue.get(no_ack=True)
        assert received.headers == headers
        for name in ("content_type", "content_encoding", "delivery_mode", "message_id"):
            assert getattr(received, name) == getattr(sent, name)
        for name in ("correlation_id", "priority", "type", "app_id"):
            assert getattr(received, name) == getattr(sent, name)

    over_a_connection(broker, scenario)


@pytest.mark.parametrize(
    "kind, binding, matching, other",
    [
        (ExchangeType.TOPIC, "transcription.voice.*", "transcription.voice.failed", "llm.prompt"),
        (ExchangeType.DIRECT, "this", "this", "that"),
        (ExchangeType.FANOUT, "", "anything", None),
    ],
)
def test_exchanges(broker, unique, kind, binding, matching, other):
    async def scenario(connection):
        channel = await connection.channel()
        exchange = await channel.declare_exchange(unique("exchange"), kind, auto_delete=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, binding)
        await exchange.publish(Message(b"mine"), routing_key=matching)
        if other:
            await exchange.publish(Message(b"not mine"), routing_key=other, mandatory=False)
        assert await bodies(queue) == [b"mine"]

    over_a_connection(broker, scenario)


def test_headers_exchange(broker, unique):
    async def scenario(connection):
        channel = await connection.channel()
        exchange = await channel.declare_exchange(unique("exchange"), "headers", auto_delete=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "", arguments={"x-match": "all", "a": 1, "b": "two"})
        await exchange.publish(Message(b"mine", headers={"a": 1, "b": "two"}), routing_key="")
        await exchange.publish(Message(b"no", headers={"a": 1}), routing_key="", mandatory=False)
        assert await bodies(queue) == [b"mine"]

    over_a_connection(broker, scenario)


@pytest.mark.parametrize("size", [0, 1024 * 1024])
def test_bodies_of_any_size(broker, size):
    async def scenario(connection):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        body = bytes(number % 251 for number in range(size))
        await channel.default_exchange.publish(Message(body), routing_key=queue.name)
        assert (await queue.get(no_ack=True)).body == body

    over_a_connection(broker, scenario)


def test_channel_errors_leave_the_connection(broker, unique):
    async def scenario(connection):
        channel = await connection.channel()
        with pytest.raises(ChannelNotFoundEntity):
            await channel.declare_exchange(unique("missing"), passive=True)

        channel = await connection.channel()
        queue = await channel.declare_queue(unique("queue"), durable=True)
        other = await connection.channel()
        with pytest.raises(ChannelPreconditionFailed):
            await other.declare_queue(queue.name, durable=False)

        await channel.default_exchange.publish(Message(b"still"), routing_key=queue.name)
        assert await bodies(queue) == [b"still"]
        await queue.delete()

    over_a_connection(broker, scenario)


def test_server_names_exclusive_queues(broker):
    async def scenario(connection):
        channel = await connection.channel()
        queue = await channel.declare_queue("", exclusive=True)
        assert queue.name.startswith("amq.gen-")

    over_a_connection(broker, scenario)


def test_heartbeats_keep_an_idle_connection(broker):
    async def main():
        async with await aio_pika.connect(f"{broker.url}/?heartbeat=1") as connection:
            await asyncio.sleep(5)
            channel = await connection.channel()
            assert (await channel.declare_queue(exclusive=True)).name

    asyncio.run(main())


def test_wrong_password_is_refused(broker):
    async def main():
        with pytest.raises(ProbableAuthenticationError):
            await aio_pika.connect(broker.url.replace("guest:guest@", "guest:wrong@"))

    asyncio.run(main())
