"""The story of one submission, put together from the journals of all services (`xephang trace`)."""
