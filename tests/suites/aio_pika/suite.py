"""aio-pika: its tests against a broker, which bb_suite_aio_pika.py, beside the recorder, gives
them in place of a container."""

from pytest_suite import PluginSuite


class AioPika(PluginSuite):
    timeout_s = 1200


SUITE = AioPika(
    "aio_pika",
    package="aio-pika",
    version="10.2.1",
    sha256="e4f77afd9179a3cca5a904c3b0a1190256a36d9f90650db908b1b2245eb27487",
    tests=["tests"],
)
