"""FastStream: a service as its users write one, with subscribers, a publisher and a reply."""

import asyncio

from faststream import FastStream
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue

from bb_pytest import PATIENCE_S


def test_a_subscriber_does_its_job_and_publishes_the_result(broker, unique):
    async def main():
        bus = RabbitBroker(broker.url + "/")
        app = FastStream(bus)
        events = RabbitExchange(unique("events"), type=ExchangeType.TOPIC, auto_delete=True)
        jobs = RabbitQueue(unique("jobs"), routing_key="voice.*", auto_delete=True)
        results = RabbitQueue(unique("results"), routing_key="done.#", auto_delete=True)
        done = asyncio.Queue()

        @bus.subscriber(jobs, events)
        @bus.publisher(exchange=events, routing_key="done.voice")
        async def transcribe(job: dict) -> dict:
            return {"text": job["audio"].upper()}

        @bus.subscriber(results, events)
        async def result(event: dict):
            await done.put(event)

        running = asyncio.create_task(app.run())
        await asyncio.wait_for(started(app, running), PATIENCE_S)
        for word in ("one", "two"):
            await bus.publish({"audio": word}, "voice.recorded", exchange=events, persist=True)
        texts = [(await asyncio.wait_for(done.get(), PATIENCE_S))["text"] for _ in range(2)]
        assert sorted(texts) == ["ONE", "TWO"]
        app.exit()
        await asyncio.wait_for(running, PATIENCE_S)

    async def started(app, running):
        ready = asyncio.Event()
        app.after_startup(ready.set)
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()

    asyncio.run(main())


def test_a_request_is_answered(broker, unique):
    async def main():
        bus = RabbitBroker(broker.url + "/")
        queue = RabbitQueue(unique("rpc"), auto_delete=True)

        @bus.subscriber(queue)
        async def double(number: int) -> int:
            return 2 * number

        async with bus:
            await bus.start()
            answer = await bus.request(21, queue, timeout=PATIENCE_S)
            assert await answer.decode() == 42

    asyncio.run(main())


def test_a_job_that_fails_is_rejected_and_goes_to_the_dead_letters(broker, unique, channel):
    dead = channel.queue_declare(unique("dead"), durable=True, auto_delete=True).method.queue

    async def main():
        bus = RabbitBroker(broker.url + "/")
        arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
        queue = RabbitQueue(unique("jobs"), auto_delete=True, arguments=arguments)

        @bus.subscriber(queue)
        async def fails(job: str):
            raise ValueError(job)

        letters = asyncio.Queue()

        @bus.subscriber(RabbitQueue(dead, auto_delete=True))
        async def dead_letter(job: str):
            await letters.put(job)

        async with bus:
            await bus.start()
            await bus.publish("broken", queue)
            assert await asyncio.wait_for(letters.get(), PATIENCE_S) == "broken"

    asyncio.run(main())
