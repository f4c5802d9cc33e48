"""Real servers for connected tests, CI and benchmarks: Apache Kafka and a MongoDB-wire server, on loopback.

    with KafkaServer() as kafka, MongoServer() as mongo:
        ...  # kafka.address, mongo.address; kafka.kill(), kafka.restart()

From the shell: `python -m deploy.servers --help`.
"""

from deploy.servers.errors import ProvisionError, ServerError, StartError
from deploy.servers.kafka import KafkaServer
from deploy.servers.mongo import MongoServer

__all__ = ["KafkaServer", "MongoServer", "ProvisionError", "ServerError", "StartError"]
