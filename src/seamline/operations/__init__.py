"""What operators see and do: health, audit, events, metrics of the outbox."""
