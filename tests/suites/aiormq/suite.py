"""aiormq: its tests against a broker. Those use two fixtures of a file that the source
distribution does not have; bb_suite_aiormq.py, beside the recorder, stands in for it."""

from pytest_suite import PluginSuite

SUITE = PluginSuite(
    "aiormq",
    package="aiormq",
    version="7.2.4",
    sha256="5fd20bb9583d73de85572198496b65cf028f27527c1733c9840d458e0b40e8fa",
    tests=["tests"],
)
