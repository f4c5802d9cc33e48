"""FastStream over aiokafka. Only here do the services speak to Kafka (ADR 0006)."""
