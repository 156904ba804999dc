"""The fixtures that aiormq's tests ask for and its source distribution does not have: a
container, here the broker of the run, whose AMQP URL is $BB_SUITE_URL."""

import os
import types

import pytest
import yarl


@pytest.fixture(scope="session")
def amqp_direct_url():
    return yarl.URL(os.environ["BB_SUITE_URL"]).with_path("//")


@pytest.fixture(scope="session")
def rabbitmq_container(amqp_direct_url):
    # The port for TLS is one where nobody listens.
    ports = {"5672/tcp": amqp_direct_url.port, "5671/tcp": 1}
    return types.SimpleNamespace(id="broker", host=amqp_direct_url.host, ports=ports)
