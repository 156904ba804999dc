"""How a connection ends on the wire, seen by a client that still has something to write."""

import socket
import struct

from bb_pytest import PATIENCE_S

MORE_BYTES = 16 * 1024 * 1024  # above what the buffers between two sockets hold


def method(class_id, method_id, arguments=b""):
    payload = struct.pack(">HH", class_id, method_id) + arguments
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"


def read_method(peer):
    """The next method: (class, method)."""
    kind, _, size = struct.unpack(">BHI", peer.read(7))
    payload = peer.read(size + 1)
    assert kind == 1
    return struct.unpack(">HH", payload[:4])


def test_what_a_client_writes_behind_its_close_meets_no_error(broker):
    # Clients that write from a queue of their own say close before it is empty (amqplib), and take
    # an error of the socket for a lost connection.
    with socket.create_connection((broker.host, broker.port), timeout=PATIENCE_S) as line:
        peer = line.makefile("rb")
        line.sendall(b"AMQP\x00\x00\x09\x01")
        assert read_method(peer) == (10, 10)
        plain = b"\x00guest\x00guest"
        start_ok = struct.pack(">I", 0) + b"\x05PLAIN" + struct.pack(">I", len(plain)) + plain
        line.sendall(method(10, 11, start_ok + b"\x05en_US"))
        assert read_method(peer) == (10, 30)
        line.sendall(method(10, 31, struct.pack(">HIH", 2047, 131072, 0)))
        line.sendall(method(10, 40, b"\x01/\x00\x00"))
        assert read_method(peer) == (10, 41)

        line.sendall(method(10, 50, struct.pack(">HBHH", 200, 0, 0, 0)))
        assert read_method(peer) == (10, 51)
        heartbeat = struct.pack(">BHI", 8, 0, 0) + b"\xce"
        line.sendall(heartbeat * (MORE_BYTES // len(heartbeat)))
