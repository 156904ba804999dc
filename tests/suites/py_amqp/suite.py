"""py-amqp: the tests that need a broker."""

from pytest_suite import CelerySuite

SUITE = CelerySuite(
    "py_amqp",
    package="amqp",
    version="5.4.2",
    sha256="9362660c4a31150cf18e78cae2ce8aa1e929fc6c6739e69f6dd5dbea9c3edc82",
    tests=["t/integration"],
)
