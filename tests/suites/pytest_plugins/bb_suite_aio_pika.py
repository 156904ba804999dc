"""aio-pika's tests start a broker in a container, by a module of theirs that asks Docker. Here
that module gives them the broker of the run, whose AMQP URL is $BB_SUITE_URL."""

import os

import yarl
from tests import docker_client

url = yarl.URL(os.environ["BB_SUITE_URL"])


def run(client, image, ports, environment=None):
    # The port for TLS is one where nobody listens.
    ports = {"5672/tcp": url.port, "5671/tcp": 1}
    return docker_client.ContainerInfo(id="broker", ports=ports, host=url.host)


docker_client.check_docker_available = docker_client.parse_docker_host
docker_client.DockerClient.run = run
docker_client.DockerClient.kill = lambda client, container_id: None
docker_client.DockerClient.remove = lambda client, container_id: None
