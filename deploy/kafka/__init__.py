"""Topics, users and rights on a Kafka cluster, all from the topic registry."""
