"""The few helpers over boto3: tables, queues, secrets, the bus, and a signed client that starts fast."""
