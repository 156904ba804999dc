"""kombu: the tests of its AMQP transport that need a broker."""

from pytest_suite import CelerySuite

SUITE = CelerySuite(
    "kombu",
    package="kombu",
    version="5.7.0",
    sha256="31e62fdfd2381caa3422f8e02b84a491d9a2180ddda74507b57f4cb1e1c2c2c9",
    tests=["t/integration/test_py_amqp.py"],
)
