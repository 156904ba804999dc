"""pika, the blocking Python client."""

import time

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, UnroutableError

from bb_pytest import PATIENCE_S, get_when_there

PERSISTENT = pika.BasicProperties(delivery_mode=2)


@pytest.fixture
def queue(channel):
    """A server-named exclusive queue; it goes with the connection."""
    return channel.queue_declare("", exclusive=True).method.queue


@pytest.fixture
def exchange(channel, unique):
    """exchange("topic") declares one of that type, gone after the test."""
    declared = []

    def declare(kind):
        name = unique(kind)
        channel.exchange_declare(name, kind, durable=True)
        declared.append(name)
        return name

    yield declare
    for name in declared:
        channel.exchange_delete(name)


def bodies(channel, queue):
    """Takes everything out of the queue."""
    taken = []
    while True:
        method, _, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            return taken
        taken.append(body)


def deliveries(channel, queue, count):
    """Consumes that many, unacknowledged: a list of (method, properties, body)."""
    consumer = channel.consume(queue, inactivity_timeout=PATIENCE_S)
    return [next(consumer) for _ in range(count)]


def test_publishes_with_confirms_and_consumes(channel, queue):
    for number in range(100):
        channel.basic_publish("", queue, str(number).encode(), PERSISTENT)
    arrived = deliveries(channel, queue, 100)
    assert [body for _, _, body in arrived] == [str(number).encode() for number in range(100)]
    tags = [method.delivery_tag for method, _, _ in arrived]
    assert tags == list(range(1, 101))
    assert not any(method.redelivered for method, _, _ in arrived)
    channel.basic_ack(tags[-1], multiple=True)
    assert channel.cancel() == 0


def test_unroutable_mandatory_is_returned(channel, exchange):
    topic = exchange("topic")
    with pytest.raises(UnroutableError) as returned:
        channel.basic_publish(topic, "nobody.listens", b"lost", PERSISTENT, mandatory=True)
    (message,) = returned.value.messages
    assert message.method.reply_code == 312
    assert message.method.reply_text == "NO_ROUTE"
    assert message.method.exchange == topic
    assert message.method.routing_key == "nobody.listens"
    assert message.body == b"lost"
    assert message.properties.delivery_mode == 2


def test_unroutable_without_mandatory_is_confirmed(channel, exchange):
    channel.basic_publish(exchange("topic"), "nobody.listens", b"dropped")


def test_prefetch_limits_what_is_unacknowledged(channel, queue):
    for number in range(5):
        channel.basic_publish("", queue, str(number).encode())
    channel.basic_qos(prefetch_count=2)
    arrived = []
    channel.basic_consume(queue, lambda *delivery: arrived.append(delivery))

    def settle():
        # The reply to a later request tells that what came before is here.
        channel.queue_declare(queue, passive=True)
        channel.connection.process_data_events(time_limit=0)

    while len(arrived) < 2:
        channel.connection.process_data_events(time_limit=1)
    settle()
    assert [delivery[3] for delivery in arrived] == [b"0", b"1"]
    channel.basic_ack(arrived[0][1].delivery_tag)
    while len(arrived) < 3:
        channel.connection.process_data_events(time_limit=1)
    settle()
    assert [delivery[3] for delivery in arrived] == [b"0", b"1", b"2"]


def test_nack_and_reject_requeue_in_place(channel, queue):
    for body in (b"first", b"second", b"third"):
        channel.basic_publish("", queue, body)
    first, second, third = (channel.basic_get(queue)[0].delivery_tag for _ in range(3))
    channel.basic_ack(third)
    channel.basic_reject(second, requeue=True)
    channel.basic_nack(first, requeue=True)
    for expected in (b"first", b"second"):
        method, _, body = channel.basic_get(queue, auto_ack=True)
        assert body == expected
        assert method.redelivered


def test_reject_without_requeue_drops(channel, queue):
    channel.basic_publish("", queue, b"poison")
    method, _, _ = channel.basic_get(queue)
    channel.basic_reject(method.delivery_tag, requeue=False)
    assert bodies(channel, queue) == []


def test_closing_a_channel_requeues_what_it_held(connection, channel, queue):
    channel.basic_publish("", queue, b"kept")
    other = connection.channel()
    assert other.basic_get(queue)[2] == b"kept"
    other.close()
    method, _, body = get_when_there(channel, queue)
    assert (body, method.redelivered) == (b"kept", True)


def test_headers_of_every_kind_arrive(channel, queue):
    headers = {
        "text": "Zürich ☕",
        "yes": True,
        "no": False,
        "small": -1,
        "large": 2**62,
        "nothing": None,
        "bytes": b"\x00\xff",
        "list": [1, "two", {"three": 3}],
        "table": {"nested": {"deeper": "still"}},
    }
    sent = pika.BasicProperties(
        content_type="application/json",
        content_encoding="utf-8",
        headers=headers,
        delivery_mode=2,
        priority=3,
        correlation_id="correlation",
        reply_to="answers",
        expiration="60000",
        message_id="message",
        timestamp=1769500000,
        type="type",
        user_id="guest",
        app_id="app",
    )
    channel.basic_publish("", queue, b"{}", sent)
    _, received, _ = channel.basic_get(queue, auto_ack=True)
    assert received == sent


def test_get_tells_how_many_remain(channel, queue):
    for body in (b"one", b"two", b"three"):
        channel.basic_publish("", queue, body)
    method, _, body = channel.basic_get(queue, auto_ack=True)
    assert (body, method.message_count) == (b"one", 2)
    assert bodies(channel, queue) == [b"two", b"three"]
    assert channel.basic_get(queue) == (None, None, None)


@pytest.mark.parametrize(
    "binding, matching, others",
    [
        ("transcription.voice.*", ["transcription.voice.completed"], ["transcription.voice", "a"]),
        ("transcription.#", ["transcription", "transcription.voice.x"], ["transcriptions", ""]),
        ("#", ["", "a", "a.b.c"], []),
        ("#.b.#", ["b", "a.b", "b.c", "a.a.b.c"], ["", "a", "a.bb"]),
        ("*.b", ["a.b", ".b"], ["b", "a.a.b"]),
    ],
)
def test_topic_exchange(channel, exchange, queue, binding, matching, others):
    topic = exchange("topic")
    channel.queue_bind(queue, topic, binding)
    for key in matching + others:
        channel.basic_publish(topic, key, key.encode())
    assert bodies(channel, queue) == [key.encode() for key in matching]


def test_direct_exchange(channel, exchange, queue):
    direct = exchange("direct")
    channel.queue_bind(queue, direct, "this")
    channel.basic_publish(direct, "this", b"mine")
    channel.basic_publish(direct, "that", b"not mine")
    assert bodies(channel, queue) == [b"mine"]


def test_fanout_exchange_reaches_every_queue_once(channel, exchange, queue):
    fanout = exchange("fanout")
    other = channel.queue_declare("", exclusive=True).method.queue
    for name, key in ((queue, "a"), (queue, "b"), (other, "")):
        channel.queue_bind(name, fanout, key)
    channel.basic_publish(fanout, "anything", b"all")
    assert bodies(channel, queue) == [b"all"]
    assert bodies(channel, other) == [b"all"]


def test_headers_exchange(channel, exchange, queue):
    headers = exchange("headers")
    channel.queue_bind(queue, headers, "", {"x-match": "all", "shape": "round", "size": 3})
    channel.queue_bind(queue, headers, "", {"x-match": "any", "colour": "red", "taste": "sour"})
    sent = {
        b"all match": {"shape": "round", "size": 3, "more": 1},
        b"one of two": {"shape": "round"},
        b"any matches": {"colour": "red", "taste": "sweet"},
        b"none": {},
        b"other value": {"shape": "round", "size": 4},
    }
    for body, values in sent.items():
        channel.basic_publish(headers, "", body, pika.BasicProperties(headers=values))
    assert bodies(channel, queue) == [b"all match", b"any matches"]


def test_exchange_bound_to_exchange_works_where_it_is_announced(broker, unique):
    """Clients look at the announced capability to know whether they may bind so."""
    source, destination = unique("source"), unique("destination")
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    channel = connection.channel()
    channel.exchange_declare(source, "topic", auto_delete=True)
    channel.exchange_declare(destination, "fanout")
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, destination)

    if not connection._impl.server_capabilities.get("exchange_exchange_bindings"):
        with pytest.raises(pika.exceptions.ConnectionClosedByBroker) as refused:
            channel.exchange_bind(destination, source, "voice.#")
        assert refused.value.reply_code == 540
        return

    with connection:
        channel.exchange_bind(destination, source, "voice.#")
        channel.basic_publish(source, "voice.started", b"through")
        channel.exchange_bind(destination, source, "another.key")  # else the source goes
        channel.exchange_unbind(destination, source, "voice.#")
        channel.basic_publish(source, "voice.started", b"not through")
        assert bodies(channel, queue) == [b"through"]
        channel.exchange_delete(destination)


def test_unbind_stops_the_flow(channel, exchange, queue):
    topic = exchange("topic")
    channel.queue_bind(queue, topic, "voice.*")
    channel.queue_unbind(queue, topic, "voice.*")
    channel.basic_publish(topic, "voice.started", b"late")
    assert bodies(channel, queue) == []


def test_queue_counts_purge_and_delete(channel, unique):
    name = unique("queue")
    channel.queue_declare(name, durable=True)
    channel.basic_publish("", name, b"one")
    channel.basic_publish("", name, b"two")
    declared = channel.queue_declare(name, durable=True).method
    assert (declared.message_count, declared.consumer_count) == (2, 0)
    assert channel.queue_purge(name).method.message_count == 2
    assert channel.queue_delete(name).method.message_count == 0


def test_exclusive_queue_is_of_its_connection(broker, channel, queue):
    with pika.BlockingConnection(pika.URLParameters(broker.url)) as other:
        with pytest.raises(ChannelClosedByBroker) as refused:
            other.channel().queue_declare(queue, passive=True)
    assert refused.value.reply_code == 405


def test_server_names_queues(queue):
    assert queue.startswith("amq.gen-")


def test_missing_exchange_closes_the_channel_alone(connection, channel, unique):
    missing = unique("missing")
    with pytest.raises(ChannelClosedByBroker) as closed:
        channel.basic_publish(missing, "key", b"body")
    assert closed.value.reply_code == 404
    assert closed.value.reply_text == f"NOT_FOUND - no exchange '{missing}' in vhost '/'"
    assert connection.is_open
    again = connection.channel()
    assert again.queue_declare("", exclusive=True).method.queue


def test_redeclaring_otherwise_closes_the_channel_alone(connection, channel, unique):
    name = unique("queue")
    connection.channel().queue_declare(name, durable=True)
    with pytest.raises(ChannelClosedByBroker) as closed:
        channel.queue_declare(name, durable=False)
    assert closed.value.reply_code == 406
    assert closed.value.reply_text == (
        f"PRECONDITION_FAILED - inequivalent arg 'durable' for queue '{name}' in vhost '/': "
        "received 'false' but current is 'true'"
    )
    assert connection.channel().queue_delete(name)


def test_unknown_delivery_tag_closes_the_channel_alone(connection, queue):
    other = connection.channel()
    other.basic_ack(42)
    with pytest.raises(ChannelClosedByBroker) as closed:
        other.queue_declare(queue, passive=True)
    assert closed.value.reply_code == 406
    assert "unknown delivery tag 42" in closed.value.reply_text
    assert connection.is_open


@pytest.mark.parametrize("size", [0, 1, 131072 - 8, 131072 - 7, 1024 * 1024])
def test_bodies_of_any_size(channel, queue, size):
    body = bytes(number % 251 for number in range(size))
    channel.basic_publish("", queue, body)
    ((method, _, arrived),) = deliveries(channel, queue, 1)
    assert arrived == body
    channel.basic_ack(method.delivery_tag)


def test_heartbeats_keep_an_idle_connection(broker):
    """At one second, either side gives up on a silent peer after two to three."""
    parameters = pika.URLParameters(broker.url)
    parameters.heartbeat = 1
    with pika.BlockingConnection(parameters) as idle:
        idle.sleep(5)
        assert idle.channel().queue_declare("", exclusive=True).method.queue


def test_a_cancelled_consumer_receives_no_more(channel, queue):
    arrived = []
    tag = channel.basic_consume(queue, lambda *delivery: arrived.append(delivery), auto_ack=True)
    assert tag
    channel.basic_cancel(tag)
    channel.basic_publish("", queue, b"kept")
    channel.connection.process_data_events(time_limit=0)
    assert arrived == []
    assert bodies(channel, queue) == [b"kept"]


def test_deleting_a_queue_cancels_its_consumers(connection, channel, unique):
    name = unique("queue")
    channel.queue_declare(name)
    cancelled = []
    channel.add_on_cancel_callback(lambda method: cancelled.append(method.method.consumer_tag))
    tag = channel.basic_consume(name, lambda *delivery: None)
    connection.channel().queue_delete(name)
    while not cancelled:
        connection.process_data_events(time_limit=1)
    assert cancelled == [tag]


def test_wrong_password_is_refused(broker):
    parameters = pika.URLParameters(broker.url.replace("guest:guest@", "guest:wrong@"))
    with pytest.raises(pika.exceptions.ProbableAuthenticationError) as refused:
        pika.BlockingConnection(parameters)
    assert "ACCESS_REFUSED" in str(refused.value)


def test_unknown_vhost_is_refused(broker):
    with pytest.raises(pika.exceptions.ProbableAccessDeniedError) as refused:
        pika.BlockingConnection(pika.URLParameters(f"{broker.url}/nowhere"))
    assert "(530) 'NOT_ALLOWED - vhost nowhere not found'" in str(refused.value)


def test_reads_a_stream_from_any_offset(broker, channel, unique):
    stream = unique("stream")
    channel.queue_declare(stream, durable=True, arguments={"x-queue-type": "stream"})
    for number in range(50):
        channel.basic_publish("", stream, str(number).encode(), PERSISTENT)

    def read(offset, count):
        # To its end: pika rejects what it holds when it leaves, and a stream takes nothing back.
        with pika.BlockingConnection(pika.URLParameters(broker.url)) as connection:
            reader = connection.channel()
            reader.basic_qos(prefetch_count=10)
            taken = []

            def take(_, method, properties, body):
                taken.append((properties.headers["x-stream-offset"], int(body)))
                reader.basic_ack(method.delivery_tag)

            reader.basic_consume(stream, take, arguments={"x-stream-offset": offset})
            deadline = time.monotonic() + PATIENCE_S
            while len(taken) < count and time.monotonic() < deadline:
                connection.process_data_events(time_limit=1)
            return taken[:count]

    everything = [(number, number) for number in range(50)]
    assert read("first", 50) == everything
    assert read(30, 20) == everything[30:]
    assert read("1h", 50) == everything
    assert read("first", 50) == everything  # nothing was taken
    channel.queue_delete(stream)
