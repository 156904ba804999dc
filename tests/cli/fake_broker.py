"""A broker that answers as one does, until it is asked what it was told to be silent
on: to meet the program while it waits."""

import socket
import threading

from pika import frame, spec

from bb_pytest import PATIENCE_S

# What a FakeBroker is asked first.
HEADER = frame.ProtocolHeader


def answer(method):
    """What a broker says to `method`; None where it says nothing."""
    if getattr(method, "nowait", False):
        return None
    if isinstance(method, spec.Queue.Declare):
        return spec.Queue.DeclareOk(method.queue or "amq.gen-1", 0, 0)
    if isinstance(method, spec.Basic.Consume):
        return spec.Basic.ConsumeOk("ctag-1")
    plain = {
        spec.Connection.StartOk: lambda: spec.Connection.Tune(2047, 131072, 0),
        spec.Connection.Open: spec.Connection.OpenOk,
        spec.Connection.Close: spec.Connection.CloseOk,
        spec.Channel.Open: spec.Channel.OpenOk,
        spec.Channel.Close: spec.Channel.CloseOk,
        spec.Exchange.Declare: spec.Exchange.DeclareOk,
        spec.Queue.Bind: spec.Queue.BindOk,
        spec.Basic.Qos: spec.Basic.QosOk,
        spec.Confirm.Select: spec.Confirm.SelectOk,
    }
    return plain[type(method)]() if type(method) in plain else None


class FakeBroker:
    """Serves one connection. From `silent_on`, HEADER or a method of pika.spec, it
    answers nothing more."""

    def __init__(self, silent_on=None):
        self.silent_on = silent_on
        self.is_silent = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"amqp://guest:guest@127.0.0.1:{self.server.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        try:
            self.server.shutdown(socket.SHUT_RDWR)  # ends an accept()
        except OSError:
            pass
        self.server.close()
        self.thread.join(PATIENCE_S)

    def wait_silent(self):
        assert self.is_silent.wait(PATIENCE_S), f"{self.silent_on} was never asked"

    # For tests that want more than answers.

    def read(self, peer):
        """The next bytes, empty at the end."""
        return peer.recv(65536)

    def on_body(self, channel, body_bytes):
        """What to say to `body_bytes` more of a message: a method, or None. Here, a confirm
        of the first message."""
        return spec.Basic.Ack(1)

    def _serve(self):
        try:
            peer, _ = self.server.accept()
            with peer:
                self._converse(peer)
        except OSError:
            pass

    def _converse(self, peer):
        pending = b""
        while more := self.read(peer):
            pending += more
            while True:
                size, received = frame.decode_frame(pending)
                if received is None:
                    break
                pending = pending[size:]
                self._on_frame(peer, received)

    def _on_frame(self, peer, received):
        asked = received.method if isinstance(received, frame.Method) else received
        if self.silent_on and isinstance(asked, self.silent_on):
            self.is_silent.set()
        if self.is_silent.is_set():
            return
        number = getattr(received, "channel_number", 0)
        said = None
        if isinstance(received, frame.ProtocolHeader):
            said = spec.Connection.Start(0, 9, {}, "PLAIN", "en_US")
        elif isinstance(received, frame.Method):
            said = answer(asked)
        elif isinstance(received, frame.Body):
            said = self.on_body(number, len(received.fragment))
        if said:
            peer.sendall(frame.Method(number, said).marshal())
